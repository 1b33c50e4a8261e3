package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.policy.Decision;

/** Hands everything on, and notes on the way which targets answer. */
record WatchedTargets(ArchiveListener next, Outages outages) implements ArchiveListener {
    @Override
    public void done(Decision decision) {
        next.done(decision);
    }

    @Override
    public void stored(String target, long bytes) {
        outages.answered(target);
        next.stored(target, bytes);
    }

    @Override
    public void failed(String step) {
        next.failed(step);
    }

    @Override
    public void targetFailed(String target) {
        outages.failed(target);
        next.targetFailed(target);
    }

    @Override
    public void marked(Decision.Deletion decision) {
        next.marked(decision);
    }

    @Override
    public void outage(String target, long seconds, boolean declared) {
        next.outage(target, seconds, declared);
    }

    @Override
    public void unavailable(int segments) {
        next.unavailable(segments);
    }

    @Override
    public void frozen(boolean frozen) {
        next.frozen(frozen);
    }

    @Override
    public void otherPolicies(boolean others) {
        next.otherPolicies(others);
    }

    @Override
    public void locked(String target, int objects) {
        next.locked(target, objects);
    }

    @Override
    public void mismatch() {
        next.mismatch();
    }
}
