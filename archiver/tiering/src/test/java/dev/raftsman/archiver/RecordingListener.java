package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.policy.Decision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Remembers what it is told. */
final class RecordingListener implements ArchiveListener {
    final List<String> done = new ArrayList<>();
    final List<String> marked = new ArrayList<>();
    final List<String> failed = new ArrayList<>();
    final Map<String, Long> outageSeconds = new HashMap<>();
    final Map<String, Boolean> outageDeclared = new HashMap<>();
    final Map<String, Integer> locked = new HashMap<>();
    boolean frozen;
    boolean otherPolicies;
    int mismatches;
    int unavailable;
    String due = "";

    @Override
    public void done(Decision decision) {
        done.add(decision.toString());
    }

    @Override
    public void marked(Decision.Deletion decision) {
        marked.add(decision.toString());
    }

    @Override
    public void stored(String target, long bytes) {
        // Told of with the decision.
    }

    @Override
    public void failed(String step) {
        failed.add(step);
    }

    @Override
    public void outage(String target, long seconds, boolean declared) {
        outageSeconds.put(target, seconds);
        outageDeclared.put(target, declared);
    }

    @Override
    public void locked(String target, int objects) {
        locked.put(target, objects);
    }

    @Override
    public void frozen(boolean now) {
        frozen = now;
    }

    @Override
    public void otherPolicies(boolean others) {
        otherPolicies = others;
    }

    @Override
    public void unavailable(int segments) {
        unavailable = segments;
    }

    @Override
    public void due(int segments, long bytes, long sinceMillis) {
        due = segments + " segments, " + (bytes > 0 ? "some" : "no") + " bytes, " + sinceMillis / 60_000 + " min";
    }

    @Override
    public void mismatch() {
        mismatches++;
    }
}
