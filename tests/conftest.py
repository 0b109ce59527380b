"""Before numpy is there: tests work with one thread, as the command does, so that both make the same bits."""

from sigmasight.wiring.threads import use_one_thread

use_one_thread()
