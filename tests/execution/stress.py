"""Cells that a forked kernel must run as an ordinary one does, by what they exercise."""

CELLS = {
    "prints": "print('out')\nimport sys\nprint('err', file=sys.stderr)",
    "value": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "picture": "import matplotlib.pyplot as plt\nplt.plot([1, 2]);plt.show()",
    "magic": "%precision 3\n3.14159265",
    "shell": "!echo from the shell",
    "bash": "%%bash\necho $((6 * 7))",
    "display": "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))",
    "update": "handle = display('one', display_id='d')\nhandle.update('two')",
    "raises": "1 / 0",
    "syntax": "def (:",
    "asks": "input('name? ')",
    "awaits": "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "threads": (
        "import threading\nfound = []\n"
        "threads = [threading.Thread(target=found.append, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\nsorted(found)"
    ),
    "subprocess": "import subprocess\nsubprocess.check_output(['echo', 'child'])",
    "fits": (
        "from sklearn.linear_model import LogisticRegression\n"
        "LogisticRegression().fit([[0.], [1.], [2.], [3.]], [0, 0, 1, 1]).predict([[0.], [3.]])"
    ),
    "pool": (
        "from concurrent.futures import ProcessPoolExecutor\nimport multiprocessing\n"
        "with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('fork')) as pool:\n"
        "    squares = list(pool.map(abs, [-1, -2]))\nsquares"
    ),
    "warns": "import warnings\nwarnings.warn('careful')",
    "deep": (
        "def down(n): return down(n + 1)\ntry:\n    down(0)\n"
        "except RecursionError:\n    print('deep')"
    ),
    "unicode": "print('naïve ☃ 漢字')",
    "seeded": (
        "import random\nimport numpy as np\nrandom.seed(1); np.random.seed(1)\n"
        "(random.random(), np.random.rand())"
    ),
    "environment": "import os\nsorted(os.environ)",
    "place": (
        "import os, tempfile\n"
        "(os.getcwd().endswith('/cwd'), tempfile.gettempdir().endswith('/tmp'), os.listdir())"
    ),
    "user": "import getpass, os\n(getpass.getuser(), os.getuid() != 0)",
    "files": "open('made.txt', 'w').write('x')\nsorted(os.listdir())",
    "logs": "import logging\nlogging.getLogger('lab').warning('logged')\nlogging.root.handlers",
    "captured": "%%capture kept\nprint('not shown')",
    "shown_later": "kept.show()\nkept.stdout",
    "writes_file": "%%writefile helper.py\nVALUE = 41",
    "imports_file": "import helper\nhelper.VALUE + 1",
    "runs_file": "%run helper.py\nVALUE",
    "sets_environment": "%env LAB_STRESS=1\nimport os\nos.environ['LAB_STRESS']",
    "changes_folder": "%mkdir inner\n%cd inner\nos.path.basename(os.getcwd())",
    "comes_back": "%cd ..\nos.path.basename(os.getcwd())",
    "names": "alpha, beta = 1, 2\n%who int",
    "history": "21 * 2",
    "underscore": "(_, In[-1], len(Out) > 3)",
    "silent_value": "99;",
    "script_python": "%%python3\nprint('another Python')",
    "script_fails": "%%bash\necho before\nexit 4",
    "async_tasks": (
        "async def twice(n):\n    await asyncio.sleep(0)\n    return 2 * n\n"
        "await asyncio.gather(*(twice(n) for n in range(3)))"
    ),
    "async_generator": (
        "async def count():\n    for n in range(3):\n        yield n\n[n async for n in count()]"
    ),
    "thread_prints": (
        "thread = threading.Thread(target=print, args=('from a thread',))\n"
        "thread.start(); thread.join()"
    ),
    "thread_raises": (
        "def fails(): raise ValueError('in a thread')\n"
        "thread = threading.Thread(target=fails, name='failing')\nthread.start(); thread.join()"
    ),
    "rich_kinds": (
        "from IPython.display import JSON, SVG, Latex, Markdown\n"
        "display(Markdown('**m**'), Latex('$x$'), JSON({'a': 1}), SVG('<svg></svg>'))"
    ),
    "own_repr": (
        "class Shown:\n    def _repr_html_(self): return '<i>own</i>'\n"
        "    def __repr__(self): return 'own'\nShown()"
    ),
    "cleared": (
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')"
    ),
    "progress": "for n in range(3):\n    print(f'\\r{n}', end='')",
    "comms": (
        "import comm\nchannel = comm.create_comm(target_name='stress', data={'n': 1})\n"
        "channel.send({'n': 2})\nchannel.close()\nchannel.comm_id != ''"
    ),
    "below_python": (
        "import time\nwritten = os.write(1, b'straight to the descriptor\\n')\ntime.sleep(0.5)"
    ),
    "forks": (
        "pid = os.fork()\nif pid == 0:\n    os._exit(7)\n"
        "os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])"
    ),
    "spawns": (
        "context = multiprocessing.get_context('spawn')\nqueue = context.SimpleQueue()\n"
        "child = context.Process(target=queue.put, args=(5,))\n"
        "child.start(); child.join()\n(queue.get(), child.exitcode)"
    ),
    "chained": "try:\n    {}['k']\nexcept KeyError as error:\n    raise ValueError('b') from error",
    "group": "raise ExceptionGroup('two', [ValueError('a'), TypeError('b')])",
    "signal_handler": (
        "import signal\nheard = []\n"
        "old = signal.signal(signal.SIGUSR1, lambda *_: heard.append('usr1'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)\n"
        "back = signal.signal(signal.SIGUSR1, old)\nheard"
    ),
    "writes_to_nobody": (
        "import socket\nhere, there = socket.socketpair()\nthere.close()\n"
        "try:\n    here.send(b'x')\nexcept BrokenPipeError:\n    print('nobody')"
    ),
    "ignored_signals": (
        # Those that Python ignores from its start; what else is ignored comes from a nohup above.
        "both = (signal.SIGPIPE, signal.SIGXFSZ)\n"
        "[signal.getsignal(one).name for one in both], signal.pthread_sigmask(signal.SIG_BLOCK, [])"
    ),
    "interrupts_itself": "os.kill(os.getpid(), signal.SIGINT)\nimport time\ntime.sleep(2)",
    "own_interrupt": (
        "old = signal.signal(signal.SIGINT, lambda *_: heard.append('int'))\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "back = signal.signal(signal.SIGINT, old)\nheard"
    ),
    "alarm": (
        "rung = []\nbefore = signal.signal(signal.SIGALRM, lambda *_: rung.append('rung'))\n"
        "unused = signal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(0.2)\n"
        "unused = signal.signal(signal.SIGALRM, before)\nrung"
    ),
    "large": "print('x' * 200_000)",
    "many_lines": "for n in range(300):\n    print(n)",
    "threads_of_blas": "a = np.ones((300, 300))\nfloat((a @ a).sum())",
    "threads_of_openmp": (
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "x = np.linspace(0, 1, 400).reshape(-1, 1)\n"
        "HistGradientBoostingClassifier(max_iter=5).fit(x, x[:, 0] > 0.5).score(x, x[:, 0] > 0.5)"
    ),
    "workers_of_joblib": (
        "from joblib import Parallel, delayed\n"
        "Parallel(n_jobs=2, prefer='threads')(delayed(abs)(-n) for n in range(3))"
    ),
    "torch": (
        "try:\n    import torch\nexcept ImportError:\n    print('no torch here')\n"
        "else:\n    print(float((torch.ones(200, 200) @ torch.ones(200, 200)).sum()))"
    ),
    "pickles": (
        "import pickle\nclass Kept:\n    pass\ntype(pickle.loads(pickle.dumps(Kept()))).__name__"
    ),
    "context": (
        "import contextvars\nplace = contextvars.ContextVar('place', default='start')\n"
        "contextvars.copy_context().run(place.set, 'inner')\nplace.get()"
    ),
    "help": "help(abs)",
    "asks_python": "abs?",
    "prints_to_closed": "import io\nprint('into a string', file=io.StringIO())",
    "picture_at_end": "figure, axes = plt.subplots()\nlines = axes.plot([3, 1, 2])",
    "styled": "pd.DataFrame({'a': [1.5]}).style.format('{:.1f}').to_html(uuid='fixed')[:40]",
    "later": "import atexit\nregistered = atexit.register(print, 'at the end')",
    "asserts": "assert 1 == 2, 'one is not two'",
    "exit": "import sys\nsys.exit(3)",
    "after": "'still here'",
    "endless": "while True:\n    pass",
    "last": "'reached'",
    # At the very end: the kernel ends a moment later, and which cell would notice is chance.
    "quits": "quit()",
}
