package dev.raftsman.process;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Arrays;

/**
 * A pattern of one's own: lines that match begin an event, or go on with one. Matched in time that is linear in the line
 * (RE2: no backreferences, no look-around), at its beginning, over its first bytes only. Pure.
 */
public final class PatternRule implements MultilineRule {
    /** Bytes of a line that are looked at. */
    public static final int LOOKED_AT_BYTES = 512;

    private final Pattern pattern;
    private final boolean begins;

    private PatternRule(Pattern pattern, boolean begins) {
        this.pattern = pattern;
        this.begins = begins;
    }

    /** @throws IllegalArgumentException if it is no such pattern */
    public static PatternRule beginsWith(String pattern) {
        return new PatternRule(compiled(pattern), true);
    }

    /** @throws IllegalArgumentException if it is no such pattern */
    public static PatternRule goesOnWith(String pattern) {
        return new PatternRule(compiled(pattern), false);
    }

    private static Pattern compiled(String pattern) {
        try {
            return Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "pattern '" + pattern + "': " + e.getDescription()
                            + "; expected a regular expression of RE2, without backreferences and look-around",
                    e);
        }
    }

    @Override
    public int step(int state, byte[] bytes, int from, int to) {
        int end = Math.min(to, from + LOOKED_AT_BYTES);
        Matcher matcher = pattern.matcher(Arrays.copyOfRange(bytes, from, end));
        return matcher.lookingAt() == begins ? ~0 : 0;
    }
}
