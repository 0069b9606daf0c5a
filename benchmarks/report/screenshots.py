"""Pictures of the report on the sample survey, for the README: `make screenshots`, after `make report`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What to show: file, width and height of the window, the place on the page to begin at.
SHOTS = {
    "public.png": ("reports/public/themes.html", 1280, 900, ""),
    "theme.png": ("reports/public/themes.html", 1280, 1000, "#chapter-4"),
    "phone.png": ("reports/public/themes.html", 390, 844, ""),
}


def main() -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None or not (ROOT / "reports/public/themes.html").exists():
        sys.exit("Chromium and a finished run are needed: make report")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (file, width, height, place) in SHOTS.items():
            window = {"width": width, "height": height}
            page = chromium.new_page(viewport=window, color_scheme="light", reduced_motion="reduce")
            page.goto((ROOT / file).as_uri() + place)
            page.screenshot(path=IMAGES / name)
            print(f"docs/images/{name}: {file}{place}, {width} by {height}")
        chromium.close()
    if pdftoppm := shutil.which("pdftoppm"):
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "page"
            command = [pdftoppm, "-r", "60", "-png", "-f", "1", "-l", "1", "-singlefile"]
            subprocess.run([*command, str(ROOT / "reports/public/report.pdf"), str(first)], check=True)
            shutil.copyfile(first.with_suffix(".png"), IMAGES / "pdf.png")
            print("docs/images/pdf.png: first page of reports/public/report.pdf")


if __name__ == "__main__":
    main()
