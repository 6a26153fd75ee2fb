# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven by the DevTools protocol over a pair of pipes."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

PATIENCE = 30
# A key's code, and the text that it makes.
KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}


class Browser:
    """One tab. It notes whatever a page must not cause: errors, dialogs, requests to elsewhere."""

    def __init__(self, program="chromium"):
        self.profile = tempfile.mkdtemp(prefix="martlet-browser-")
        self.complaints, self.requests = [], []
        self._replies, self._count = {}, 0
        self._changed = threading.Condition()
        commands, self._commands = os.pipe()
        self._events, events = os.pipe()
        # The browser reads descriptor 3 and writes 4. Copies lie beyond both, as four are open.
        copies = [os.dup(commands), os.dup(events)]

        def arrange():
            for wanted, each in zip((3, 4), copies):
                os.dup2(each, wanted)
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=arrange, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        for each in (commands, events, *copies):
            os.close(each)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._session = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call(
            "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self._call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._commands)
        self._reader.join()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, url):
        """Goes to a page and waits until it is loaded; a fragment alone loads nothing."""
        self._call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'", url)

    def value(self, expression):
        """What an expression of JavaScript comes to, promises awaited."""
        answer = self._call("Runtime.evaluate", expression=expression, awaitPromise=True,
                            returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, expression, what, seconds=PATIENCE):
        """Waits until an expression is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.value(f"Boolean({expression})"):
                return
            time.sleep(0.1)
        raise AssertionError(f"waited {seconds} s for {what}; the page says:\n"
                             + self.value("document.body.innerText")[:2000])

    def press(self, key):
        code, text = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text,
                       windowsVirtualKeyCode=code)

    def type(self, selector, text):
        """Types as a person would: focus, then text."""
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self._call("Input.insertText", text=text)

    def click(self, selector):
        box = self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left",
                       clickCount=1)

    def show(self, width, height, scheme="light", scale=1):
        """The window's size and whether its user likes it dark."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                   deviceScaleFactor=scale, mobile=False)
        self._call("Emulation.setEmulatedMedia",
                   features=[{"name": "prefers-color-scheme", "value": scheme}])

    def cookies(self):
        return self._call("Network.getCookies")["cookies"]

    def screenshot(self, x, y, width, height):
        """A part of the page, in its coordinates, as PNG."""
        clip = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
        answer = self._call("Page.captureScreenshot", format="png", clip=clip,
                            captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def _call(self, method, **parameters):
        with self._changed:
            self._count += 1
            number = self._count
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        with self._changed:
            if not self._changed.wait_for(lambda: number in self._replies, PATIENCE):
                raise AssertionError(f"the browser does not answer {method}")
            reply = self._replies.pop(number)
        if "error" in reply:
            raise AssertionError(f"{method}: {reply['error']}")
        return reply["result"]

    def _read(self):
        rest = b""
        while True:
            chunk = os.read(self._events, 1 << 16)
            if not chunk:
                os.close(self._events)
                return
            *messages, rest = (rest + chunk).split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message):
        with self._changed:
            if "id" in message:
                self._replies[message["id"]] = message
                self._changed.notify_all()
                return
        method, told = message["method"], message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            # It stays open: whatever is asked of the page then fails, too.
            self.complaints.append(f"dialog: {told['message']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {json.dumps(told['exceptionDetails'])[:500]}")
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.complaints.append(f"console: {json.dumps(told['args'])[:500]}")
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            entry = told["entry"]
            self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        elif method == "Audits.issueAdded":
            self.complaints.append(f"issue: {json.dumps(told['issue'])[:500]}")
