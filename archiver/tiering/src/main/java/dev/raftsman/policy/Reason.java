package dev.raftsman.policy;

import java.util.Map;

/**
 * Why a decision was taken.
 *
 * @param label the row of the table in this package's page
 * @param text the comparison, for a person: {@code 73h > 72h}
 * @param numbers the same for a program, with the unit at the end of each name
 */
public record Reason(String label, String text, Map<String, Long> numbers) {
    public Reason {
        numbers = Map.copyOf(numbers);
    }

    /** @return one line: label and comparison */
    @Override
    public String toString() {
        return text.isEmpty() ? label : label + " " + text;
    }
}
