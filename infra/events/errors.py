"""What can go wrong with events, told so that the one who reads it knows what to do."""


class EventsError(Exception):
    """Be the root of this room's errors."""


class ContractError(EventsError):
    """Tell that bytes or an object are no event of a known contract."""


class RejectedError(EventsError):
    """Tell that an event can never be handled: it goes to the dead letters without a retry.

    Processing code raises this for what no second try can mend.
    """


class UnavailableError(EventsError):
    """Tell that something that events need is down, so that no event is to blame.

    The loop goes back to the first event of the batch and tries again after a while. Processing
    code may raise this for services of its own.
    """


class PublishError(UnavailableError):
    """Tell that brokers did not acknowledge what was sent."""


class FencedError(EventsError):
    """Tell that a younger producer of the same transactional id, or the broker, ended this one.

    Nothing of the open transaction is visible. The process should end; another does its work.
    """
