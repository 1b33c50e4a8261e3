package dev.raftsman.search;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.List;
import java.util.stream.Collectors;

/** Where in a text for people the texts of a query are. One thread. */
public final class Highlighter {
    /** Null: nowhere. */
    private final Pattern pattern;

    public Highlighter(List<Query.Text> texts) {
        String any = texts.stream().map(Highlighter::regex).collect(Collectors.joining("|"));
        this.pattern = texts.isEmpty() ? null : Pattern.compile(any);
    }

    private static String regex(Query.Text text) {
        String regex = text.regex() ? text.pattern() : Pattern.quote(text.pattern());
        String words = text.wholeWords() ? "\\b(?:" + regex + ")\\b" : regex;
        return text.ignoringCase() ? "(?i:" + words + ")" : "(?:" + words + ")";
    }

    /** Takes the places. */
    @FunctionalInterface
    public interface Visitor {
        /** @param matches whether the characters from one to before the other are what was looked for */
        void piece(int from, int to, boolean matches);
    }

    /** Cuts a text into pieces that are what was looked for, and those between. */
    public void cut(String text, Visitor visitor) {
        int at = 0;
        if (pattern != null) {
            Matcher matcher = pattern.matcher(text);
            while (matcher.find()) {
                if (matcher.end() > matcher.start()) {
                    visitor.piece(at, matcher.start(), false);
                    visitor.piece(matcher.start(), matcher.end(), true);
                    at = matcher.end();
                }
            }
        }
        visitor.piece(at, text.length(), false);
    }
}
