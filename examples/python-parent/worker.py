"""The worker of the example, until Ctrl-C or SIGTERM."""

import asyncio
import os
import signal

from temporalio.client import Client
from temporalio.worker import Worker

from workflows import Deploy, deploy_release


async def main() -> None:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"))
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with Worker(
        client,
        task_queue="deployments-python",
        workflows=[Deploy],
        activities=[deploy_release],
    ):
        await stop.wait()


asyncio.run(main())
