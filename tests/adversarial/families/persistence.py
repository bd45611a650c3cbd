"""Staying behind for the next run, or for the instructor."""

from ..attack import Attack

READ_ONLY = "everything outside the run's own folder is read-only or gone with the run"

_PLANT = """
import os
def plant(path, text):
    path = os.path.expanduser(path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a") as file:
            file.write(text)
        print("planted", path)
    except OSError as error:
        print(path, error)
evil = "# lab-was-here\\nimport builtins; builtins.lab_was_here = True\\n"
"""


def _planting(code: str) -> str:
    from textwrap import dedent

    return dedent(_PLANT) + dedent(code)


ATTACKS = (
    Attack(
        "startup_files",
        "leave start-up files for IPython and the shell",
        first=_planting("""
            for home in ("~", "@HOME@", "/root"):
                for name in (".ipython/profile_default/startup/00-lab-was-here.py", ".bashrc",
                             ".profile", ".pythonrc.py", ".config/fish/config.fish"):
                    plant(f"{home}/{name}", evil)
        """),
        stopped_by=READ_ONLY,
    ),
    Attack(
        "site_customize",
        "leave a .pth file, sitecustomize and usercustomize behind",
        first=_planting("""
            import site, sys
            for folder in {*sys.path, *site.getsitepackages(), site.getusersitepackages()}:
                for name in ("lab-was-here.pth", "sitecustomize.py", "usercustomize.py"):
                    plant(os.path.join(folder or ".", name), "import os # lab-was-here")
        """),
        stopped_by=READ_ONLY,
        quick=True,
    ),
    Attack(
        "grader_rewritten",
        "rewrite the grader's own files and their compiled forms",
        first=_planting("""
            import autograder, autograder.checks, importlib.util
            for module in (autograder, autograder.checks, os):
                plant(module.__file__, evil)
                plant(importlib.util.cache_from_source(module.__file__), evil)
                try:
                    os.chmod(module.__file__, 0o777)
                except OSError as error:
                    print(error)
        """),
        stopped_by=READ_ONLY,
    ),
    Attack(
        "kernelspecs",
        "leave kernelspecs and Jupyter settings behind",
        first=_planting("""
            import jupyter_core.paths as paths, sys
            for folder in (*paths.jupyter_path("kernels"), *paths.jupyter_config_path()):
                plant(os.path.join(folder, "python3", "kernel.json"),
                      '{"argv": ["touch", "lab-was-here"], "display_name": "lab-was-here"}')
                plant(os.path.join(folder, "jupyter_config.py"), evil)
        """),
        stopped_by=READ_ONLY,
    ),
    Attack(
        "cron",
        "have cron, at, systemd and init scripts run something later",
        first=_planting("""
            import subprocess
            for path in ("/etc/cron.d/lab-was-here", "/var/spool/cron/crontabs/root",
                         "/var/spool/cron/lab-was-here", "/etc/profile.d/lab-was-here.sh",
                         "/etc/systemd/system/lab-was-here.service", "/etc/ld.so.preload",
                         "~/.config/systemd/user/lab-was-here.service", "/etc/rc.local"):
                plant(path, "* * * * * touch /tmp/lab-was-here")
            subprocess.run("echo 'touch /tmp/lab-was-here' | at now; "
                           "echo '* * * * * touch /tmp/lab-was-here' | crontab -", shell=True)
        """),
        stopped_by=READ_ONLY,
    ),
    Attack(
        "daemon",
        "leave a process behind that has left its session and its parents",
        first="""
            import os, subprocess, sys
            program = ("import os, time\\n"
                       "for _ in range(600):\\n"
                       "    for folder in ('/tmp', '/var/tmp', '@TMP@', '@OUTPUT@', '.'):\\n"
                       "        try: open(folder + '/lab-was-here-daemon', 'a').write('x')\\n"
                       "        except OSError: pass\\n"
                       "    time.sleep(0.5)\\n")
            for _ in range(3):
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.execv(sys.executable, [sys.executable, "-c", program, "lab-was-here"])
                    os._exit(0)
            subprocess.Popen(["nohup", "setsid", "sleep", "86399"], start_new_session=True)
        """,
        stopped_by="its process ids end with the run's first process, setsid or not",
    ),
    Attack(
        "next_run_poisoned",
        "poison the modules that later kernels are forked with",
        first="""
            import builtins, os, sys
            import IPython, ipykernel, json, readings as given
            builtins.lab_was_here = True
            for module in (json, IPython, ipykernel, os):
                module.lab_was_here = True
            json.dumps = json.loads
        """,
        # Its own kernel cannot speak any more.
        ends_itself=True,
        stopped_by="a fork changes its own memory alone",
    ),
    Attack(
        "finds_what_was_left",
        "find what earlier runs left behind",
        wrong="drops_zero",
        last="""
            import builtins, glob, json, os
            left = [m for m in (builtins, json, os) if hasattr(m, "lab_was_here")]
            left += [p for folder in ("/tmp", "/dev/shm", "/var/tmp", "@TMP@", "~", ".", "..")
                     for p in glob.glob(os.path.expanduser(folder) + "/*was-here*")]
            if left:
                clean = lambda values: [v for v in values if v >= 0]
        """,
        stopped_by="every run begins with folders and memory of its own",
    ),
    Attack(
        "temporary_files",
        "leave files in every temporary folder",
        first=_planting("""
            import tempfile
            for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/dev", "/dev/mqueue", "@TMP@",
                           tempfile.gettempdir(), "@OUTPUT@", "@SUBMITTED@", "@COURSE@", "/"):
                plant(folder + "/lab-was-here-tmp", "x")
        """),
        stopped_by=READ_ONLY,
    ),
    Attack(
        "hard_to_delete",
        "leave a folder 3,000 deep, closed against deletion, with names of all kinds",
        first="""
            import os, time
            here = os.open(".", os.O_RDONLY)
            for number in range(3000):
                os.mkdir("deep-" + "x" * 200)
                os.chdir("deep-" + "x" * 200)
            os.fchdir(here)
            os.mkdir("closed")
            for name in ("-rf", "new\\nline", "\\udcff", "*", "' ; touch lab-was-here"):
                open(os.path.join("closed", name), "w").close()
                os.mkdir(os.path.join("closed", name + " folder"), 0o000)
            os.mkfifo("pipe")
            os.link("pipe", "second")
            os.chmod("closed", 0o000)
            os.chmod("..", 0o500)
            time.sleep(2.5)
        """,
        ends_itself=True,
        stopped_by="the watchdog ends what nests so deep; removing knows no depth",
    ),
    Attack(
        "many_files",
        "leave forty thousand files behind",
        first="""
            import os
            os.mkdir("many")
            for number in range(40_000):
                os.close(os.open(f"many/{number}", os.O_CREAT | os.O_WRONLY))
        """,
        stopped_by="the run's folder is removed with all that is in it",
    ),
)
