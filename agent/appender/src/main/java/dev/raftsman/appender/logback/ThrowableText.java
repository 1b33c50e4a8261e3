package dev.raftsman.appender.logback;

import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;

/**
 * A throwable as the text everybody knows from {@code printStackTrace}, bounded: frames, causes and characters beyond a
 * limit are counted instead. Cycles were cut by Logback.
 */
final class ThrowableText {
    private static final int MAX_FRAMES = 256;
    private static final int MAX_THROWABLES = 32;
    private static final int MAX_CHARS = 128 << 10;
    private static final int MAX_MESSAGE_CHARS = 16 << 10;

    private final StringBuilder text = new StringBuilder(2048);
    private int throwables;

    private ThrowableText() {}

    static String of(IThrowableProxy throwable) {
        ThrowableText text = new ThrowableText();
        text.append(throwable, "", "");
        return text.text.toString();
    }

    private void append(IThrowableProxy throwable, String caption, String indent) {
        if (++throwables > MAX_THROWABLES || text.length() > MAX_CHARS) {
            if (throwables == MAX_THROWABLES + 1) {
                text.append(indent).append(caption).append("... more throwables\n");
            }
            return;
        }
        text.append(indent).append(caption).append(throwable.getClassName());
        String message =
                throwable.getOverridingMessage() == null ? throwable.getMessage() : throwable.getOverridingMessage();
        if (message != null) {
            text.append(": ").append(message, 0, Math.min(message.length(), MAX_MESSAGE_CHARS));
        }
        text.append('\n');
        if (throwable.isCyclic()) {
            return;
        }
        appendFrames(throwable, indent);
        IThrowableProxy[] suppressed = throwable.getSuppressed();
        if (suppressed != null) {
            for (IThrowableProxy each : suppressed) {
                append(each, "Suppressed: ", indent + "\t");
            }
        }
        if (throwable.getCause() != null) {
            append(throwable.getCause(), "Caused by: ", indent);
        }
    }

    private void appendFrames(IThrowableProxy throwable, String indent) {
        StackTraceElementProxy[] frames = throwable.getStackTraceElementProxyArray();
        if (frames == null) {
            return;
        }
        int own = frames.length - throwable.getCommonFrames();
        int shown = Math.min(own, MAX_FRAMES);
        for (int i = 0; i < shown && text.length() < MAX_CHARS; i++) {
            text.append(indent)
                    .append("\tat ")
                    .append(frames[i].getStackTraceElement())
                    .append('\n');
        }
        if (shown < own) {
            text.append(indent).append("\t... ").append(own - shown).append(" frames left out\n");
        }
        if (throwable.getCommonFrames() > 0) {
            text.append(indent)
                    .append("\t... ")
                    .append(throwable.getCommonFrames())
                    .append(" common frames omitted\n");
        }
    }
}
