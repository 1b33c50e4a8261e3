package dev.raftsman.appender;

/** Keys of the attributes that an event gets from us; those of the application stand before them, under keys of its own. */
public final class Attribute {
    /** A marker's name; as many of them as the event has markers. */
    public static final String MARKER = "marker";

    /** Class, method, file and line of the call, if they were asked for. */
    public static final String CALLER = "caller";

    /** The framework's name of a level that is not one of TRACE, DEBUG, INFO, WARN and ERROR. */
    public static final String LEVEL = "level";

    /** An entry of Log4j2's stack of contexts; as many as it has, the oldest first. */
    public static final String CONTEXT_STACK = "ndc";

    /** The event's time where the row's cannot hold it: before 1677 or after 2262. */
    public static final String TIME = "time";

    private Attribute() {}
}
