"""The variables of jobs, as the documentation of each CI lists them for each kind of run.

https://buildkite.com/docs/pipelines/configure/environment-variables
https://learn.microsoft.com/azure/devops/pipelines/build/variables
https://circleci.com/docs/reference/variables/
https://www.jenkins.io/doc/book/pipeline/multibranch/#additional-environment-variables
"""

GITHUB = "https://github.com/acme/shop"


def buildkite(commit: str, **more: str) -> dict[str, str]:
    """A webhook's build of main."""
    return {
        "BUILDKITE": "true",
        "BUILDKITE_AGENT_ACCESS_TOKEN": "bkaj-secret",
        "BUILDKITE_BRANCH": "main",
        "BUILDKITE_BUILD_CHECKOUT_PATH": "/var/lib/buildkite-agent/builds/a/acme/shop",
        "BUILDKITE_BUILD_NUMBER": "4711",
        "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/shop/builds/4711",
        "BUILDKITE_COMMIT": commit,
        "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "main",
        "BUILDKITE_PIPELINE_SLUG": "shop",
        "BUILDKITE_PULL_REQUEST": "false",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "",
        "BUILDKITE_PULL_REQUEST_REPO": "",
        "BUILDKITE_REPO": "git@github.com:acme/shop.git",
        "BUILDKITE_SOURCE": "webhook",
        "BUILDKITE_TAG": "",
        **more,
    }


def buildkite_request(commit: str, **more: str) -> dict[str, str]:
    """A pull request's build."""
    return buildkite(
        commit,
        **{
            "BUILDKITE_BRANCH": "feature",
            "BUILDKITE_PULL_REQUEST": "7",
            "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main",
            "BUILDKITE_PULL_REQUEST_REPO": "https://github.com/Acme/shop.git",
            **more,
        },
    )


def azure(commit: str, **more: str) -> dict[str, str]:
    """A push to main."""
    return {
        "TF_BUILD": "True",
        "AGENT_TEMPDIRECTORY": "/tmp",
        "BUILD_BUILDID": "4711",
        "BUILD_DEFINITIONNAME": "shop images",
        "BUILD_REASON": "IndividualCI",
        "BUILD_REPOSITORY_NAME": "shop",
        "BUILD_REPOSITORY_PROVIDER": "TfsGit",
        "BUILD_REPOSITORY_URI": "https://acme@dev.azure.com/acme/Shop%20Project/_git/shop",
        "BUILD_SOURCEBRANCH": "refs/heads/main",
        "BUILD_SOURCESDIRECTORY": "/home/vsts/work/1/s",
        "BUILD_SOURCEVERSION": commit,
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
        "SYSTEM_TEAMPROJECT": "Shop Project",
        "BLOATCHECK_DEFAULT_BRANCH": "main",
        **more,
    }


def azure_request(merge: str, head: str, **more: str) -> dict[str, str]:
    """A pull request's run: its test merge is checked out."""
    return azure(
        merge,
        **{
            "BUILD_REASON": "PullRequest",
            "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
            "SYSTEM_PULLREQUEST_ISFORK": "False",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/feature",
            "SYSTEM_PULLREQUEST_SOURCECOMMITID": head,
            "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
            **more,
        },
    )


def on_github(**more: str) -> dict[str, str]:
    """What is other on Azure Pipelines where the repository lies on GitHub."""
    return {
        "BUILD_REPOSITORY_NAME": "acme/shop",
        "BUILD_REPOSITORY_PROVIDER": "GitHub",
        "BUILD_REPOSITORY_URI": GITHUB,
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "1234567890",
        "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "7",
        "SYSTEM_PULLREQUEST_TARGETBRANCH": "main",
        "SYSTEM_PULLREQUEST_SOURCEBRANCH": "feature",
        **more,
    }


def circleci(commit: str, **more: str) -> dict[str, str]:
    """A push to main."""
    return {
        "CI": "true",
        "CIRCLECI": "true",
        "CIRCLE_BRANCH": "main",
        "CIRCLE_BUILD_NUM": "4711",
        "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/shop/4711",
        "CIRCLE_JOB": "images",
        "CIRCLE_REPOSITORY_URL": "git@github.com:acme/shop.git",
        "CIRCLE_SHA1": commit,
        "CIRCLE_WORKING_DIRECTORY": "~/project",
        "BLOATCHECK_DEFAULT_BRANCH": "main",
        **more,
    }


def circleci_request(commit: str, **more: str) -> dict[str, str]:
    """A branch that has a pull request."""
    return circleci(commit, **{"CIRCLE_BRANCH": "feature", "CIRCLE_PULL_REQUEST": f"{GITHUB}/pull/7", **more})


def jenkins(commit: str, **more: str) -> dict[str, str]:
    """A multibranch pipeline's build of main."""
    return {
        "BRANCH_IS_PRIMARY": "true",
        "BRANCH_NAME": "main",
        "BUILD_NUMBER": "4711",
        "BUILD_URL": "https://jenkins.example.com/job/acme/job/shop/job/main/4711/",
        "GIT_COMMIT": commit,
        "GIT_URL": f"{GITHUB}.git",
        "JENKINS_URL": "https://jenkins.example.com/",
        "JOB_NAME": "acme/shop/main",
        "WORKSPACE": "/var/jenkins/workspace/shop_main",
        **more,
    }


def jenkins_request(commit: str, **more: str) -> dict[str, str]:
    """A multibranch pipeline's build of a pull request."""
    found = jenkins(
        commit,
        **{
            "BRANCH_NAME": "PR-7",
            "BUILD_URL": "https://jenkins.example.com/job/acme/job/shop/job/PR-7/4711/",
            "CHANGE_BRANCH": "feature",
            "CHANGE_ID": "7",
            "CHANGE_TARGET": "main",
            "JOB_NAME": "acme/shop/PR-7",
            **more,
        },
    )
    del found["BRANCH_IS_PRIMARY"]
    return found
