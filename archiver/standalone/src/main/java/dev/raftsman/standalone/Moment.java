package dev.raftsman.standalone;

import java.util.LinkedHashMap;
import java.util.Map;

/** A line that a load process said: {@code name key=number key=number ...}. */
record Moment(String name, Map<String, Double> figures) {
    static Moment parse(String line) {
        String[] words = line.split(" ");
        Map<String, Double> figures = new LinkedHashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            figures.put(words[i].substring(0, equals), Double.parseDouble(words[i].substring(equals + 1)));
        }
        return new Moment(words[0], figures);
    }

    double figure(String key) {
        Double value = figures.get(key);
        if (value == null) {
            throw new StandaloneException("the load said nothing of " + key + ": " + this);
        }
        return value;
    }

    long count(String key) {
        return Math.round(figure(key));
    }
}
