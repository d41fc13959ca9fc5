"""Deploys only after a backup that is `complete`."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError, ChildWorkflowError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy


@dataclass
class BackupResult:
    """Some fields of schema/backup-result.schema.json; others are left out, and more may be added."""

    cluster: str
    backupId: str
    verdict: str  # `complete` or `partial`
    reasons: list[str]


@activity.defn
async def deploy_release(cluster: str, release: str) -> None:
    """Stands for a real deployment."""
    print(f"deployed {release} to {cluster}", flush=True)


@workflow.defn(name="deploy")
class Deploy:
    """Fails with `NotDeployed`; its details are the error code of the backup."""

    @workflow.run
    async def run(self, cluster: str, release: str) -> dict[str, str]:
        backup = await take_backup(cluster)
        if backup.verdict != "complete":
            raise not_deployed(f"backup is {backup.verdict}: {'; '.join(backup.reasons)}")
        await workflow.execute_activity(
            deploy_release,
            args=[cluster, release],
            start_to_close_timeout=timedelta(minutes=10),
        )
        return {"release": release, "backupId": backup.backupId}


async def take_backup(cluster: str) -> BackupResult:
    # No retry policy and no timeout: Safepoint starts over by itself, and its budgets are in its config.
    try:
        return await workflow.execute_child_workflow(
            "backup",
            {"cluster": cluster},
            task_queue="safepoint",
            result_type=BackupResult,
            parent_close_policy=ParentClosePolicy.REQUEST_CANCEL,
            cancellation_type=ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
            static_summary=f"backup {cluster}",
        )
    except ChildWorkflowError as error:
        # Anything else, such as a cancel, ends this workflow as it is.
        if not isinstance(error.cause, ApplicationError):
            raise
        code = error.cause.type  # of docs/errors.md, such as `ClusterBusy`
        raise not_deployed(f"no backup: {code}: {error.cause.message}", code) from error


def not_deployed(why: str, *details: str | None) -> ApplicationError:
    return ApplicationError(why, *details, type="NotDeployed", non_retryable=True)
