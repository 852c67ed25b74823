"""Drives a real Chromium for the tests of the page: a line of JSON on standard input asks, one on output answers.

What is asked, and what an answer must be, is the tests' business. What a browser complains of (what a page writes to
its console as a warning or an error, what its security policy stopped, what was thrown and not caught) is kept until it
is asked for.
"""

import io
import json
import sys

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import sync_playwright

# A page of a few kilobytes from this machine; tests wait for what comes later by asking again.
LONGEST_MS = 30_000
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Driver:
    """One browser, and the one page in it that is looked at."""

    def __init__(self, browser):
        self.browser = browser
        self.page = None
        self.complaints = []

    def open(self, url, **look):
        """Opens an address as somebody with this screen and these preferences does."""
        if self.page:
            self.page.context.close()
        context = self.browser.new_context(locale="en-GB", timezone_id="UTC", device_scale_factor=1, **look)
        context.add_init_script(WATCH_POLICY)
        context.set_default_timeout(LONGEST_MS)
        self.page = context.new_page()
        self.page.on("console", lambda message: self.heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.heard("error", str(error)))
        self.page.goto(url)

    def heard(self, kind, text):
        """Keeps what is a complaint."""
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def look(self, **look):
        """Turns the screen, or changes what its owner prefers."""
        if "viewport" in look:
            self.page.set_viewport_size(look.pop("viewport"))
        self.page.emulate_media(**look)

    def texts(self, selector):
        """What is to be read at each element that can be seen."""
        return [element.inner_text() for element in self.page.locator(selector).all() if element.is_visible()]

    def evaluate(self, expression):
        """What an expression is, or what its promise comes to."""
        return self.page.evaluate(expression)

    def fill(self, selector, text):
        """Writes into a field."""
        self.page.fill(selector, text)

    def click(self, selector):
        """Clicks at what can be clicked at."""
        self.page.click(selector)

    def press(self, key):
        """Presses a key, wherever the focus is."""
        self.page.keyboard.press(key)

    def axe(self):
        """What axe finds that keeps people from using the page, or makes it hard for them."""
        found = Axe().run(self.page).response["violations"]
        return [f"{rule['id']}: {node['html']}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]

    def picture(self, path):
        """A picture of the whole page, or of a dialog over it, in as few bytes as a page of a few colours needs."""
        whole = not self.page.evaluate("document.querySelector('dialog[open]') !== null")
        taken = self.page.screenshot(full_page=whole, animations="disabled")
        Image.open(io.BytesIO(taken)).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)

    def complaints_so_far(self):
        """What was complained of since this was asked last."""
        heard, self.complaints = self.complaints, []
        return heard


def main():
    """Does what is asked until nobody asks any more."""
    with sync_playwright() as playwright:
        # Tests in containers are root, for whom its sandbox doesn't start, and have little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=sys.argv[1], args=options)
        driver = Driver(browser)
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                answer = {"ok": getattr(driver, asked["do"])(**asked.get("with", {}))}
            except Exception as error:
                # The test that asked fails with it.
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
        browser.close()


main()
