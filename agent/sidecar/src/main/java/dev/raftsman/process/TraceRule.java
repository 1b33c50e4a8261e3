package dev.raftsman.process;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;

/**
 * Joins the stack traces of runtimes with the line they belong to.
 *
 * <pre>
 *  language  state         what goes on with the event                                        state after it
 *  --------  ------------  ----------------------------------------------------------------  -------------
 *  java      any           blanks and "at " or "... 7 "; "Caused by: ", "Suppressed: ",       as it was
 *                          also indented; a.b.CException, Error or Throwable at its beginning
 *  python    any           "Traceback (most recent call last):", also indented                TRACEBACK
 *            TRACEBACK     what is indented or empty                                          TRACEBACK
 *                          anything else: the exception itself                                RAISED
 *            RAISED        what is indented or empty                                          RAISED
 *            RAISED        "During handling of ...", "The above exception was ..."            CHAINED
 *            CHAINED       an empty line                                                      CHAINED
 *  go        any           begins an event: "panic: ", "fatal error: ", "goroutine 1 [",      GOROUTINE
 *                          or a line with "http: panic serving "
 *            GOROUTINE     what is empty or begins with a tab; "goroutine ", "created by ",   GOROUTINE
 *                          "[signal ", "exit status "; a call: pkg.f(...)
 * </pre>
 *
 * A trace goes on with the line before it because that is the message it was logged with; one that a runtime prints by
 * itself then joins a line it has nothing to do with, which loses nothing. Pure.
 */
public final class TraceRule implements MultilineRule {
    /** Whose traces are known. */
    public enum Language {
        JAVA,
        PYTHON,
        GO
    }

    private static final int PLAIN = 0;
    private static final int TRACEBACK = 1;
    private static final int RAISED = 2;
    private static final int CHAINED = 3;
    private static final int GOROUTINE = 4;

    private static final int PREFIX_BYTES = 120;
    private static final byte[] AT = ascii("at ");
    private static final byte[] DOTS = ascii("... ");
    private static final byte[] CIRCULAR = ascii("[CIRCULAR REFERENCE");
    private static final byte[] CAUSED = ascii("Caused by: ");
    private static final byte[] SUPPRESSED = ascii("Suppressed: ");
    private static final byte[] EXCEPTION = ascii("Exception");
    private static final byte[] ERROR = ascii("Error");
    private static final byte[] THROWABLE = ascii("Throwable");
    private static final byte[] TRACEBACK_HEAD = ascii("Traceback (most recent call last):");
    private static final byte[] DURING = ascii("During handling of the above exception");
    private static final byte[] ABOVE = ascii("The above exception was the direct cause");
    private static final byte[] PANIC = ascii("panic: ");
    private static final byte[] PANIC_CALL = ascii("panic(");
    private static final byte[] FATAL = ascii("fatal error: ");
    private static final byte[] GOROUTINE_HEAD = ascii("goroutine ");
    private static final byte[] SERVING = ascii("http: panic serving ");
    private static final byte[] CREATED = ascii("created by ");
    private static final byte[] SIGNAL = ascii("[signal ");
    private static final byte[] EXIT = ascii("exit status ");

    private final boolean java;
    private final boolean python;
    private final boolean go;

    public TraceRule(Set<Language> languages) {
        EnumSet<Language> known = EnumSet.copyOf(languages);
        java = known.contains(Language.JAVA);
        python = known.contains(Language.PYTHON);
        go = known.contains(Language.GO);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public int step(int state, byte[] bytes, int from, int to) {
        int end = to > from && bytes[to - 1] == '\r' ? to - 1 : to;
        int text = from;
        while (text < end && (bytes[text] == ' ' || bytes[text] == '\t')) {
            text++;
        }
        boolean indented = text > from;
        boolean empty = text == end;
        if (java && !empty && continuesJava(bytes, from, text, end)) {
            return state;
        }
        if (python) {
            int next = continuesPython(state, bytes, text, end, indented, empty);
            if (next >= 0) {
                return next;
            }
        }
        if (go) {
            if (state == GOROUTINE && continuesGo(bytes, from, end, empty)) {
                return GOROUTINE;
            }
            if (!indented && isGoHead(bytes, from, end)) {
                return ~GOROUTINE;
            }
        }
        return ~PLAIN;
    }

    private static boolean continuesJava(byte[] bytes, int from, int text, int end) {
        if (begins(CAUSED, bytes, text, end) || begins(SUPPRESSED, bytes, text, end)) {
            return true;
        }
        if (text > from) {
            return begins(AT, bytes, text, end)
                    || begins(DOTS, bytes, text, end) && digit(bytes, text + DOTS.length, end)
                    || begins(CIRCULAR, bytes, text, end);
        }
        return isThrowableName(bytes, from, end);
    }

    private static boolean digit(byte[] bytes, int at, int end) {
        return at < end && bytes[at] >= '0' && bytes[at] <= '9';
    }

    /** A class with a package, named as exceptions are, then the end, a colon or a blank. */
    private static boolean isThrowableName(byte[] bytes, int from, int end) {
        int at = from;
        boolean dotted = false;
        while (at < end && at - from < PREFIX_BYTES && (identifier(bytes[at]) || bytes[at] == '.' && at > from)) {
            dotted |= bytes[at] == '.';
            at++;
        }
        boolean delimited = at == end || bytes[at] == ':' || bytes[at] == ' ';
        return dotted
                && delimited
                && (ends(EXCEPTION, bytes, from, at)
                        || ends(ERROR, bytes, from, at)
                        || ends(THROWABLE, bytes, from, at));
    }

    private static boolean identifier(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '$';
    }

    /** @return the state after it, or -1 if it begins an event */
    private static int continuesPython(int state, byte[] bytes, int text, int end, boolean indented, boolean empty) {
        if (find(TRACEBACK_HEAD, bytes, text, Math.min(end, text + TRACEBACK_HEAD.length + 24)) >= 0) {
            return TRACEBACK;
        }
        return switch (state) {
            case TRACEBACK -> indented || empty ? TRACEBACK : RAISED;
            case RAISED -> {
                if (begins(DURING, bytes, text, end) || begins(ABOVE, bytes, text, end)) {
                    yield CHAINED;
                }
                yield indented || empty ? RAISED : -1;
            }
            case CHAINED -> empty ? CHAINED : -1;
            default -> -1;
        };
    }

    private static boolean isGoHead(byte[] bytes, int from, int end) {
        return begins(PANIC, bytes, from, end)
                || begins(FATAL, bytes, from, end)
                || isGoroutine(bytes, from, end)
                || find(SERVING, bytes, from, Math.min(end, from + PREFIX_BYTES)) >= 0;
    }

    private static boolean isGoroutine(byte[] bytes, int from, int end) {
        return begins(GOROUTINE_HEAD, bytes, from, end) && digit(bytes, from + GOROUTINE_HEAD.length, end);
    }

    private static boolean continuesGo(byte[] bytes, int from, int end, boolean empty) {
        return empty
                || bytes[from] == '\t'
                || isGoroutine(bytes, from, end)
                || begins(CREATED, bytes, from, end)
                || begins(SIGNAL, bytes, from, end)
                || begins(EXIT, bytes, from, end)
                || isCall(bytes, from, end);
    }

    /** {@code net/http.(*conn).serve(0xc0000, {0x7f, 0xc1})}: no blank before its arguments, a dot, and it ends with one. */
    private static boolean isCall(byte[] bytes, int from, int end) {
        if (bytes[end - 1] != ')') {
            return false;
        }
        boolean dotted = false;
        for (int at = from; at < end && bytes[at] != ' '; at++) {
            if (bytes[at] == '(' && dotted) {
                return true;
            }
            dotted |= bytes[at] == '.';
        }
        return begins(PANIC_CALL, bytes, from, end);
    }

    private static boolean begins(byte[] what, byte[] bytes, int from, int end) {
        return end - from >= what.length && matches(what, bytes, from);
    }

    private static boolean ends(byte[] what, byte[] bytes, int from, int end) {
        return end - from > what.length && matches(what, bytes, end - what.length);
    }

    private static int find(byte[] what, byte[] bytes, int from, int end) {
        for (int at = from; at <= end - what.length; at++) {
            if (matches(what, bytes, at)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean matches(byte[] what, byte[] bytes, int at) {
        for (int i = 0; i < what.length; i++) {
            if (bytes[at + i] != what[i]) {
                return false;
            }
        }
        return true;
    }
}
