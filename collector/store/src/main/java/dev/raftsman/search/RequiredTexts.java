package dev.raftsman.search;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds texts that whatever a regular expression matches must hold. Knows the plain case, letters beside operators, and says
 * nothing where it is not sure: of alternatives, of flags inside, of letters whose other case is beyond ASCII.
 */
final class RequiredTexts {
    private static final String OPERATORS = ".[(|)]{}*+?^$\\";
    private static final String QUANTIFIERS = "*?{";

    private final String regex;
    private final boolean ignoringCase;
    private final List<String> found = new ArrayList<>();
    private final StringBuilder run = new StringBuilder();
    private int at;

    private RequiredTexts(String regex, boolean ignoringCase) {
        this.regex = regex;
        this.ignoringCase = ignoringCase;
    }

    /** @return some that are all in every match; none if that is not known */
    static List<String> of(String regex, boolean ignoringCase) {
        RequiredTexts texts = new RequiredTexts(regex, ignoringCase);
        return texts.scan() ? texts.found : List.of();
    }

    /** @return false if nothing can be said */
    private boolean scan() {
        while (at < regex.length()) {
            char c = regex.charAt(at);
            if (c == '|' || regex.startsWith("(?", at) && !regex.startsWith("(?:", at)) {
                return false;
            }
            if (c == '(') {
                end();
                if (!skipGroup()) {
                    return false;
                }
            } else if (c == '[') {
                end();
                skipClass();
            } else if (c == '\\') {
                if (!escape()) {
                    return false;
                }
            } else if (OPERATORS.indexOf(c) >= 0) {
                operator(c);
            } else {
                add(c);
            }
        }
        end();
        return true;
    }

    private void operator(char c) {
        if (QUANTIFIERS.indexOf(c) >= 0 && run.length() > 0) {
            int last = run.length() - 1; // It may be there not at all.
            run.setLength(last > 0 && Character.isSurrogate(run.charAt(last)) ? last - 1 : last);
        }
        end();
        at = c == '{' && regex.indexOf('}', at) >= 0 ? regex.indexOf('}', at) + 1 : at + 1;
    }

    private boolean escape() {
        if (at + 1 >= regex.length()) {
            return false;
        }
        char next = regex.charAt(at + 1);
        if (next < 0x80 && !Character.isLetterOrDigit(next)) {
            at++;
            add(next);
            return true;
        }
        end();
        at += 2;
        return "dDwWsSbBntrfvAz".indexOf(next) >= 0; // Others take more with them, as \x{10FFFF} and \Q do.
    }

    private void add(char c) {
        boolean otherCaseUnknown = ignoringCase && (c > 0x7F || "kKsS".indexOf(c) >= 0);
        if (otherCaseUnknown) {
            end();
        } else {
            run.append(c);
        }
        at++;
        if (otherCaseUnknown || c < 0x80) {
            return;
        }
        if (Character.isHighSurrogate(c) && at < regex.length()) {
            run.append(regex.charAt(at++));
        }
    }

    private void end() {
        if (run.length() > 0) {
            found.add(run.toString());
        }
        run.setLength(0);
    }

    private boolean skipGroup() {
        int depth = 0;
        while (at < regex.length()) {
            char c = regex.charAt(at);
            if (c == '\\') {
                if (regex.startsWith("Q", at + 1)) {
                    return false;
                }
                at += 2;
            } else if (c == '[') {
                skipClass();
            } else {
                if (regex.startsWith("(?", at) && !regex.startsWith("(?:", at)) {
                    return false;
                }
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                at++;
                if (depth == 0) {
                    return true;
                }
            }
        }
        return false;
    }

    private void skipClass() {
        at++;
        if (at < regex.length() && regex.charAt(at) == '^') {
            at++;
        }
        boolean first = true;
        while (at < regex.length() && (first || regex.charAt(at) != ']')) {
            if (regex.startsWith("[:", at) && regex.indexOf(":]", at) >= 0) {
                at = regex.indexOf(":]", at) + 2;
            } else {
                at += regex.charAt(at) == '\\' ? 2 : 1;
            }
            first = false;
        }
        at++;
    }
}
