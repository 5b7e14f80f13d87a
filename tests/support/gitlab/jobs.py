"""The predefined variables of GitLab's jobs, as its documentation lists them for each kind of pipeline.

https://docs.gitlab.com/ci/variables/predefined_variables/
"""

PROJECT_ID, FORK_ID = "7", "9"
ZEROS = "0" * 40


def job(**more: str) -> dict[str, str]:
    """What every job has."""
    return {
        "GITLAB_CI": "true",
        "CI_SERVER_URL": "https://gitlab.example.com",
        "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
        "CI_PROJECT_ID": PROJECT_ID,
        "CI_PROJECT_PATH": "acme/tools/shop",
        "CI_PROJECT_DIR": "/builds/acme/tools/shop",
        "CI_CONFIG_PATH": ".gitlab-ci.yml",
        "CI_DEFAULT_BRANCH": "main",
        "CI_JOB_ID": "4711",
        "CI_JOB_URL": "https://gitlab.example.com/acme/tools/shop/-/jobs/4711",
        "CI_JOB_TOKEN": "glcbt-job",
        "GITLAB_USER_LOGIN": "human",
        "CI_COMMIT_BEFORE_SHA": ZEROS,
        **more,
    }


def push(commit: str, before: str = ZEROS, branch: str = "main", **more: str) -> dict[str, str]:
    """A branch's pipeline."""
    return job(
        **{
            "CI_PIPELINE_SOURCE": "push",
            "CI_COMMIT_SHA": commit,
            "CI_COMMIT_BEFORE_SHA": before,
            "CI_COMMIT_BRANCH": branch,
            "CI_COMMIT_REF_NAME": branch,
            **more,
        }
    )


def merge_request(kind: str, commit: str, parted: str, **more: str) -> dict[str, str]:
    """A merge request's pipeline: `detached`, `merged_result` or `merge_train`.

    The heads of source and target are told in the latter two only.
    """
    return job(
        **{
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_COMMIT_SHA": commit,
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_EVENT_TYPE": kind,
            "CI_MERGE_REQUEST_PROJECT_ID": PROJECT_ID,
            "CI_MERGE_REQUEST_PROJECT_PATH": "acme/tools/shop",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": PROJECT_ID,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "acme/tools/shop",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": parted,
            "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
            **more,
        }
    )
