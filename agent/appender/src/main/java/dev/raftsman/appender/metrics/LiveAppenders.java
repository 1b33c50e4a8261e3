package dev.raftsman.appender.metrics;

import java.util.ArrayList;
import java.util.List;

/** The appenders of this class loader that are open, for whoever wants to know of them and of those to come. Any thread. */
final class LiveAppenders {
    /** Told under the lock of this class, so in order. */
    interface Listener {
        void opened(AppenderFigures appender);

        /** It counts no further. */
        void closed(AppenderFigures appender);
    }

    private static final List<AppenderFigures> LIVE = new ArrayList<>();
    private static final List<Listener> LISTENERS = new ArrayList<>();

    private LiveAppenders() {}

    static synchronized void add(AppenderFigures appender) {
        LIVE.add(appender);
        for (Listener listener : List.copyOf(LISTENERS)) {
            listener.opened(appender);
        }
    }

    static synchronized void remove(AppenderFigures appender) {
        if (LIVE.remove(appender)) {
            for (Listener listener : List.copyOf(LISTENERS)) {
                listener.closed(appender);
            }
        }
    }

    /** Tells of those that are open now, too. */
    static synchronized void listen(Listener listener) {
        LISTENERS.add(listener);
        for (AppenderFigures appender : LIVE) {
            listener.opened(appender);
        }
    }

    static synchronized void forget(Listener listener) {
        LISTENERS.remove(listener);
    }
}
