package dev.raftsman.shipper;

/** Why a connection to a collector, or the attempt to make one, ended. */
public enum ConnectionEnd {
    /** It could not be made. */
    UNREACHABLE,
    /** It was made, and no WELCOME came in time. */
    NO_ANSWER,
    /** The collector refused what a connection is for. */
    REFUSED,
    /** It does not lead, and knows nobody who does. */
    NO_LEADER,
    /** Another one leads: the connection goes there. */
    REDIRECTED,
    /** Nothing was heard for too long. */
    SILENT,
    /** It was closed by the collector, or by something between. */
    CLOSED,
    /** The collector said what it may not say. */
    PROTOCOL
}
