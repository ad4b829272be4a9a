"""Crops, warps and blends pictures, and takes their landmarks along."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from capture_station.frames import MIRRORED_LANDMARKS

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

NO_FACE = np.full((6, 2), np.nan, np.float32)
"""Landmarks of an absent face."""


def crop_matrix(box: tuple[float, float, float, float], size_px: int, roll_deg: float, mirrored: bool) -> Floats:
    """(2, 3) affine map from a picture's box (left, top, width, height) to the square of ``size_px``."""
    left, top, width, height = box
    scale = np.diag([size_px / width, size_px / height, 1.0])
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    middle = size_px / 2
    turn = np.vstack([cv2.getRotationMatrix2D((middle, middle), roll_deg, 1.0), [0, 0, 1]])
    matrix = turn @ scale @ shift
    if mirrored:
        matrix = np.array([[-1, 0, size_px - 1], [0, 1, 0], [0, 0, 1]], np.float64) @ matrix
    return matrix[:2].astype(np.float32)


def warp(plane: Image, matrix: Floats, size_px: int, border: int) -> Image:
    """Warp a plane to (S, S[, 3]). While the matrix shrinks it by more than two, halve it first to avoid aliasing."""
    shrink = 1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    matrix = matrix.copy()
    while shrink > 2:
        height, width = plane.shape[:2]
        plane = cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        # Pixel centres are at whole numbers, so halving shifts them. An odd side shrinks by more than two.
        ratio = np.array([width / (width // 2), height / (height // 2)])
        matrix[:, 2] += matrix[:, :2] @ (0.5 * ratio - 0.5)
        matrix[:, :2] *= ratio
        shrink /= 2
    warped = cv2.warpAffine(plane, matrix, (size_px, size_px), flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(warped, np.uint8)


def map_landmarks(landmarks_px: Floats | None, matrix: Floats, size_px: int) -> Floats:
    """Map landmarks through the matrix: a mirroring exchanges left and right; points outside the picture are NaN."""
    if landmarks_px is None:
        return NO_FACE
    points = landmarks_px @ matrix[:, :2].T + matrix[:, 2]
    if np.linalg.det(matrix[:, :2]) < 0:
        points = points[MIRRORED_LANDMARKS]
    points[((points < 0) | (points > size_px - 1)).any(axis=1)] = np.nan
    return points.astype(np.float32)


def not_hidden(landmarks_px: Floats | None, alpha: Image) -> Floats:
    """Landmarks (6, 2), set to NaN where ``alpha`` (S, S) of something in front covers them. NaN stays NaN."""
    if landmarks_px is None:
        return NO_FACE
    points = landmarks_px.copy()
    inside = ~np.isnan(points).any(axis=1)
    columns, rows = points[inside].astype(int).T
    points[inside] = np.where((alpha[rows, columns] > 127)[:, None], np.nan, points[inside])
    return points


def blend(foreground: Image, background: Image, alpha: Image) -> Image:
    """Composite the foreground over the background, (S, S, 3)."""
    weight = alpha.astype(np.float32) / 255
    return np.asarray(cv2.blendLinear(foreground, background, weight, 1 - weight), np.uint8)
