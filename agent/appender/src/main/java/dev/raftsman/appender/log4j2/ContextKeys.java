package dev.raftsman.appender.log4j2;

import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.util.ReadOnlyStringMap;
import org.apache.logging.log4j.util.TriConsumer;

/**
 * The keys of a context, mostly those of the event before. Going through a context costs the framework's usual one a sorted
 * copy of its keys for each event; asking it for keys that are known costs nothing. Any thread.
 */
final class ContextKeys {
    private static final String[] NONE = {};

    /** With more of them it is cheaper to sort than to look for each: the framework's usual context looks from the first on. */
    private static final int MAX_KNOWN = 16;

    private static final TriConsumer<String, Object, List<String>> COLLECT = (key, value, keys) -> keys.add(key);

    private volatile String[] last = NONE;

    /** Not to be changed. */
    String[] of(ReadOnlyStringMap context) {
        if (context == null || context.isEmpty()) {
            return NONE;
        }
        String[] keys = last;
        return keys.length == context.size() && hasAll(context, keys) ? keys : collect(context);
    }

    private static boolean hasAll(ReadOnlyStringMap context, String[] keys) {
        for (String key : keys) {
            if (!context.containsKey(key)) {
                return false;
            }
        }
        return true;
    }

    private String[] collect(ReadOnlyStringMap context) {
        List<String> keys = new ArrayList<>();
        context.forEach(COLLECT, keys);
        String[] these = keys.toArray(NONE);
        if (these.length <= MAX_KNOWN) {
            last = these;
        }
        return these;
    }
}
