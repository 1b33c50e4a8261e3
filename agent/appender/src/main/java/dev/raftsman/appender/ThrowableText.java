package dev.raftsman.appender;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * A throwable as the text everybody knows from {@code printStackTrace}, bounded: frames, throwables and characters
 * beyond a limit are counted instead, and it ends however throwables hang together.
 *
 * <pre>
 *  class: first line of the message
 *  TAB| each further line of it, so that none can pass for a frame or a cause
 *  TABat frame                                      TAB... n frames left out   TAB... n common frames omitted
 *  TABSuppressed: class: message                    what was suppressed, one TAB further in
 *  Caused by: class: message
 *  Caused by: [CIRCULAR REFERENCE: class: message]  one that was shown before
 * </pre>
 *
 * <p>Runs foreign code (messages of exceptions), so never while a slot is claimed. Lives for one call, on one thread.
 *
 * @param <T> what the framework calls a throwable
 */
public final class ThrowableText<T> {
    /** Of each throwable the first frames, where it was thrown, and the last, where the thread began. */
    private static final int FIRST_FRAMES = 192;

    private static final int LAST_FRAMES = 64;
    private static final int MAX_THROWABLES = 64;
    private static final int MAX_CHARS = 128 << 10;
    private static final int MAX_HEADLINE_CHARS = 16 << 10;
    private static final StackTraceElement[] NO_FRAMES = {};

    /**
     * A framework's view of a throwable. Whatever is foreign may throw: it is then left out, and said so.
     *
     * @param <T> what the framework calls a throwable
     */
    public interface View<T> {
        /** Class and message, as {@code toString} has them. */
        String headline(T throwable);

        String className(T throwable);

        /** May be null, or have null in it. */
        StackTraceElement[] frames(T throwable);

        /** Null if there is none. */
        T cause(T throwable);

        /** May be null. */
        T[] suppressed(T throwable);

        /** Whether the framework has seen this one before, and left out what hangs on it. */
        boolean isCyclic(T throwable);
    }

    private enum OfJava implements View<Throwable> {
        VIEW;

        @Override
        public String headline(Throwable throwable) {
            return throwable.toString();
        }

        @Override
        public String className(Throwable throwable) {
            return throwable.getClass().getName();
        }

        @Override
        public StackTraceElement[] frames(Throwable throwable) {
            return throwable.getStackTrace();
        }

        @Override
        public Throwable cause(Throwable throwable) {
            return throwable.getCause();
        }

        @Override
        public Throwable[] suppressed(Throwable throwable) {
            return throwable.getSuppressed();
        }

        @Override
        public boolean isCyclic(Throwable throwable) {
            return false;
        }
    }

    private final View<T> view;
    private final StringBuilder text = new StringBuilder(2048);
    private final Set<T> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean full;

    private ThrowableText(View<T> view) {
        this.view = view;
    }

    public static String of(Throwable throwable) {
        return of(throwable, OfJava.VIEW);
    }

    public static <T> String of(T throwable, View<T> view) {
        ThrowableText<T> text = new ThrowableText<>(view);
        text.append(throwable, "", "", NO_FRAMES);
        return text.text.toString();
    }

    private void append(T throwable, String caption, String indent, StackTraceElement[] enclosing) {
        if (full) {
            return;
        }
        if (view.isCyclic(throwable) || !seen.add(throwable)) {
            text.append(indent).append(caption).append("[CIRCULAR REFERENCE: ");
            appendHeadline(throwable, indent);
            text.append("]\n");
            return;
        }
        if (seen.size() > MAX_THROWABLES || text.length() > MAX_CHARS) {
            full = true;
            text.append(indent).append(caption).append("... more throwables\n");
            return;
        }
        text.append(indent).append(caption);
        appendHeadline(throwable, indent);
        text.append('\n');
        StackTraceElement[] frames = appendFrames(throwable, indent, enclosing);
        appendSuppressed(throwable, indent, frames);
        appendCause(throwable, indent, frames);
    }

    private void appendHeadline(T throwable, String indent) {
        String headline;
        try {
            headline = view.headline(throwable);
        } catch (Throwable broken) {
            headline = view.className(throwable) + " [FAILED toString(): "
                    + broken.getClass().getName() + "]";
        }
        if (headline == null) {
            headline = view.className(throwable);
        }
        int shown = Math.min(headline.length(), MAX_HEADLINE_CHARS);
        for (int i = 0; i < shown; i++) {
            char c = headline.charAt(i);
            text.append(c);
            boolean lineEnds = c == '\n' || c == '\r' && (i + 1 == headline.length() || headline.charAt(i + 1) != '\n');
            if (lineEnds) {
                text.append(indent).append("\t| ");
            }
        }
        if (shown < headline.length()) {
            text.append("... ").append(headline.length() - shown).append(" characters left out");
        }
    }

    /** @return the frames, for what hangs on this throwable to leave out those it has in common */
    private StackTraceElement[] appendFrames(T throwable, String indent, StackTraceElement[] enclosing) {
        StackTraceElement[] frames;
        try {
            frames = view.frames(throwable);
        } catch (Throwable broken) {
            frames = null;
        }
        if (frames == null) {
            text.append(indent).append("\t... no stack trace\n");
            return NO_FRAMES;
        }
        int common = 0;
        while (common < frames.length
                && common < enclosing.length
                && frames[frames.length - 1 - common] != null
                && frames[frames.length - 1 - common].equals(enclosing[enclosing.length - 1 - common])) {
            common++;
        }
        int own = frames.length - common;
        int skipTo = own > FIRST_FRAMES + LAST_FRAMES ? own - LAST_FRAMES : 0;
        for (int i = 0; i < own; i++) {
            if (text.length() > MAX_CHARS) {
                appendCount(indent, own - i, " frames left out\n");
                break;
            }
            if (skipTo > 0 && i == FIRST_FRAMES) {
                appendCount(indent, skipTo - i, " frames left out\n");
                i = skipTo;
            }
            text.append(indent).append("\tat ").append(frames[i]).append('\n');
        }
        if (common > 0) {
            appendCount(indent, common, " common frames omitted\n");
        }
        return frames;
    }

    private void appendCount(String indent, int count, String what) {
        text.append(indent).append("\t... ").append(count).append(what);
    }

    private void appendSuppressed(T throwable, String indent, StackTraceElement[] frames) {
        T[] suppressed;
        try {
            suppressed = view.suppressed(throwable);
        } catch (Throwable broken) {
            suppressed = null;
        }
        if (suppressed != null) {
            for (T each : suppressed) {
                if (each != null) {
                    append(each, "Suppressed: ", indent + "\t", frames);
                }
            }
        }
    }

    private void appendCause(T throwable, String indent, StackTraceElement[] frames) {
        T cause;
        try {
            cause = view.cause(throwable);
        } catch (Throwable broken) {
            cause = null;
        }
        if (cause != null) {
            append(cause, "Caused by: ", indent, frames);
        }
    }
}
