"""A real browser for the tests of pages: Chromium without a window, what it logs, and a web server that counts requests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from typing import Any


class Browser:
    """A Chromium without a window, and what it logs."""

    def __init__(self, profile: Path) -> None:
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = which("chromium") or ""
        for flag in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--lang=en", f"--user-data-dir={profile}",
        ):  # fmt: skip
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(which("chromedriver")))

    def show(self, address: str | Path, width: int = 1400, height: int = 900, **media: str) -> Browser:
        """Open a page on a screen of this size, in English."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in media.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get(address.as_uri() if isinstance(address, Path) else address)
        self.click('[data-language="en"]')
        return self

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def click(self, selector: str, at: int = 0) -> None:
        """Click as a person does: on what is seen at the middle of the element."""
        from selenium.webdriver.common.by import By

        self.driver.find_elements(By.CSS_SELECTOR, selector)[at].click()

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def hover(self, selector: str, at: int = 0) -> None:
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.by import By

        ActionChains(self.driver).move_to_element(self.driver.find_elements(By.CSS_SELECTOR, selector)[at]).perform()

    def texts(self, selector: str) -> list[str]:
        """The texts that are seen of the elements."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())", selector)

    def style(self, selector: str, name: str) -> str:
        return self.run(
            "return getComputedStyle(document.querySelector(arguments[0])).getPropertyValue(arguments[1])",
            selector,
            name,
        )

    def card(self) -> str:
        """The card's text; empty where there is none."""
        return self.run("const c = document.querySelector('#card'); return c.hidden ? '' : c.innerText")

    def until(self, script: str) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + 5
        while not self.run(f"return {script}"):
            assert time.monotonic() < end, script
            time.sleep(0.02)

    def until_focused(self, text: str) -> None:
        """Wait for a highlight with this text to have the focus."""
        self.until(f"document.activeElement.matches('article mark') && document.activeElement.textContent === '{text}'")

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def requests(self) -> list[str]:
        """The addresses asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


def contrast(browser: Browser, front: str, back: str) -> float:
    """The contrast of two of the page's colours (WCAG 2.2)."""
    colours = browser.run(
        "const s = getComputedStyle(document.body); return [s.getPropertyValue(arguments[0]), s.getPropertyValue(arguments[1])]",
        front,
        back,
    )
    lights = []
    for colour in colours:
        digits = colour.strip().lstrip("#")
        digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        lights.append(0.2126 * r + 0.7152 * g + 0.0722 * b)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@contextmanager
def server(contents: bytes) -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine, and what it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(contents)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}", asked
    serving.shutdown()
    serving.server_close()
