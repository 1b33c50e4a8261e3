package dev.raftsman.catalog;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Objects;

/** What a command did, the same on every node. JSON with the kind in the field {@code result}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "result")
@JsonSubTypes({
    @JsonSubTypes.Type(value = CommandResult.Done.class, name = "done"),
    @JsonSubTypes.Type(value = CommandResult.Opened.class, name = "opened"),
    @JsonSubTypes.Type(value = CommandResult.Refused.class, name = "refused"),
})
public sealed interface CommandResult {
    /** False exactly if it was refused. */
    @JsonProperty(access = JsonProperty.Access.READ_ONLY)
    default boolean ok() {
        return true;
    }

    /**
     * @param changed how many rows it changed: segments of a SEAL or COMMIT for example; 0 if an earlier sending did it
     */
    record Done(int changed) implements CommandResult {}

    /**
     * @param epoch its number, unique in the cluster
     * @param last the last sequence stored; -1 before the first
     * @param state only an OPEN epoch takes blocks
     */
    record Opened(long epoch, long last, EpochState state) implements CommandResult {
        public Opened {
            Objects.requireNonNull(state, "state");
        }
    }

    /** Nothing was changed. */
    record Refused(RefusalReason reason, String detail) implements CommandResult {
        public Refused {
            Objects.requireNonNull(reason, "reason");
        }

        @Override
        public boolean ok() {
            return false;
        }
    }
}
