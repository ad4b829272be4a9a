// Shows a QR code that leads a phone to one portrait.

import { time, translate } from "./texts.js";

const at = (id) => document.getElementById(id);

export function showShare({ qr_svg, expires_at }) {
  const code = URL.createObjectURL(new Blob([qr_svg], { type: "image/svg+xml" }));
  at("share-code").src = code;
  at("share-detail").textContent = expires_at
    ? translate("share.until", { time: time(expires_at) })
    : translate("share.uploaded");
  at("share").addEventListener("close", () => URL.revokeObjectURL(code), { once: true });
  at("share").showModal();
}
