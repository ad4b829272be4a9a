"""Random effects of light, lens, sensor and encoder, for training augmentation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

LOW_LIGHT_SHARE = 0.06
"""Share of the pictures that look as if taken in a dark room."""


def expose(image: Image, alpha: Image, rng: Generator) -> Image:
    """Vary light and colour: exposure, contrast, colour cast, saturation, backlight, side light and gamma."""
    out = image.astype(np.float32) / 255
    if rng.random() < 0.7:
        out *= np.exp(rng.normal(0, 0.22))
    if rng.random() < 0.4:
        out = (out - 0.5) * np.exp(rng.normal(0, 0.2)) + 0.5
    if rng.random() < 0.35:
        out *= np.exp(rng.normal(0, 0.1, 3)).astype(np.float32)
    if rng.random() < 0.3:
        grey = out @ np.array([0.299, 0.587, 0.114], np.float32)
        saturation = 0.0 if rng.random() < 0.2 else np.exp(rng.normal(0, 0.3))
        out = grey[..., None] + saturation * (out - grey[..., None])
    if rng.random() < 0.12:
        person = (alpha.astype(np.float32) / 255)[..., None]
        out *= person * rng.uniform(0.35, 0.9) + (1 - person) * rng.uniform(1.0, 1.6)
    if rng.random() < 0.2:
        ramp = np.linspace(-1, 1, out.shape[0], dtype=np.float32)
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
        out *= (1 + strength * (np.cos(angle) * ramp[None] + np.sin(angle) * ramp[:, None]))[..., None]
    out = np.clip(out, 0, 1)
    if rng.random() < 0.35:
        out = cv2.pow(out, float(np.exp(rng.normal(0, 0.3))))
    return (out * 255 + 0.5).astype(np.uint8)


def degrade(image: Image, rng: Generator, noise: float = 1.0) -> Image:
    """Apply the defects of lens, sensor and encoder: low light, blur, low resolution, noise and JPEG artefacts.

    ``noise`` is the share of the sensor's noise that is left, such as in the mean of several pictures.
    """
    size = image.shape[0]
    if rng.random() < LOW_LIGHT_SHARE:
        image = low_light(image, rng, noise)
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2.0) * size / 256)
    if rng.random() < 0.08:
        image = cv2.filter2D(image, -1, motion_kernel(int(rng.integers(3, 12)), rng.uniform(0, 180)))
    if rng.random() < 0.2:
        small = int(size * rng.uniform(0.35, 0.9))
        small_image = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = cv2.resize(small_image, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        image = sensor_noise(image, rng, noise)
    if rng.random() < 0.35:
        quality = int(rng.integers(25, 95))
        image = recompressed(image, quality)
    return np.asarray(image, np.uint8)


def recompressed(image: Image, quality: int) -> Image:
    """Compress a picture (H, W, 3) RGB as JPEG of this quality, in [0, 100], and decode it."""
    image_bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    coded = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.uint8)


def low_light(image: Image, rng: Generator, share: float = 1.0) -> Image:
    """Simulate a dark room: little light, weak colours, and noise amplified by the sensor's gain."""
    light = image.astype(np.float32) * rng.uniform(0.08, 0.45)
    grey = light @ np.array([0.299, 0.587, 0.114], np.float32)
    light = grey[..., None] + rng.uniform(0.3, 1.0) * (light - grey[..., None])
    noise = rng.standard_normal(image.shape, np.float32) * (share * rng.uniform(1, 6))
    return np.clip((light + noise) * rng.uniform(1.0, 2.0), 0, 255).astype(np.uint8)


def motion_kernel(length_px: int, angle_deg: float) -> Floats:
    """Motion blur kernel (K, K) with sum 1: a line of this length, K pixels, at this angle."""
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2] = 1
    middle = (length_px - 1) / 2
    kernel = cv2.warpAffine(
        kernel, cv2.getRotationMatrix2D((middle, middle), angle_deg, 1), (length_px, length_px)
    ).astype(np.float32)
    return kernel / kernel.sum()


def sensor_noise(image: Image, rng: Generator, share: float = 1.0) -> Image:
    """Add shot noise and read noise, sometimes in colour blotches as after demosaicking."""
    level = rng.uniform(2, 16)
    noise = rng.standard_normal(image.shape, np.float32) * (share * level)
    if rng.random() < 0.4:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8) * 1.8
    shot = np.sqrt(image.astype(np.float32) / 255 * 0.8 + 0.2)
    return np.clip(image + noise * shot, 0, 255).astype(np.uint8)
