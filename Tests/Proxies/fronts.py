# SPDX-License-Identifier: Apache-2.0
"""nginx, HAProxy and Apache, each as a reverse proxy that refuses `/version` to its clients.

Each keeps one connection to the backend and sends every client's requests over it, so that whatever
is left on it reaches somebody else. Two of them come a second time with their strictness off.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import time

MODULES = pathlib.Path("/usr/lib/apache2/modules")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, name):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"{name} did not start")


def nginx(folder, port, backend):
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_header_timeout 2s; client_body_timeout 2s; underscores_in_headers on;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream martlet {{ server 127.0.0.1:{backend}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    location /version {{ return 403; }}
    location / {{ proxy_pass http://martlet; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header Host $http_host; }} }}
}}
""")
    return ["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]


def haproxy(folder, port, backend, is_lenient=False):
    lenient = ("  option accept-invalid-http-request\n" if is_lenient else "")
    (folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  log stdout local0 emerg
defaults
  mode http
  timeout connect 2s
  timeout client 2s
  timeout server 2s
  http-reuse always
frontend public
  bind 127.0.0.1:{port}
  option disable-h2-upgrade
{lenient}  http-request deny if {{ path /version }}
  default_backend martlet
backend martlet
  server one 127.0.0.1:{backend} maxconn 1
""")
    return ["haproxy", "-q", "-db", "-f", f"{folder}/haproxy.cfg"]


def apache(folder, port, backend, is_lenient=False):
    modules = ["mpm_worker", "unixd", "authz_core", "proxy", "proxy_http"]
    loads = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules
                      if (MODULES / f"mod_{name}.so").exists())
    user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
    (folder / "apache.conf").write_text(f"""
ServerRoot {folder}
{loads}
{user}
ServerName martlet
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex pthread default
ErrorLog {folder}/error.log
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
KeepAlive On
Timeout 2
HttpProtocolOptions {"Unsafe LenientMethods Allow0.9" if is_lenient else "Strict"}
<Location "/version">
  Require all denied
</Location>
ProxyPass "/" "http://127.0.0.1:{backend}/" max=1 enablereuse=on
ProxyPreserveHost On
""")
    return ["apache2", "-d", str(folder), "-f", f"{folder}/apache.conf", "-DFOREGROUND"]


FRONTS = {
    "nginx": nginx,
    "haproxy": haproxy,
    "haproxy, lenient": lambda *place: haproxy(*place, is_lenient=True),
    "apache": apache,
    "apache, lenient": lambda *place: apache(*place, is_lenient=True),
}


class Front:
    """A running proxy before `backend`; `with` stops it."""

    def __init__(self, name, folder, backend):
        self.name, self.port = name, free_port()
        folder = pathlib.Path(folder) / name.replace(", ", "-")
        folder.mkdir(parents=True)
        # Workers of a proxy that root starts run as somebody else.
        for path in (folder.parent, folder):
            path.chmod(0o755)
        words = FRONTS[name](folder, self.port, backend)
        program = shutil.which(words[0], path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise SystemExit(f"{words[0]} is not installed: make test-proxies installs it")
        with open(folder / "output.log", "w") as output:
            self.process = subprocess.Popen([program, *words[1:]], stdout=output, stderr=output)
        wait_for_port(self.port, self.process, f"{name} (see {folder})")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
