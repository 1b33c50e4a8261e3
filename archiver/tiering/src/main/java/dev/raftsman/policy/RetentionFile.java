package dev.raftsman.policy;

import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.ConfigKey;
import dev.raftsman.config.Section;
import dev.raftsman.objects.LockSupport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The keys of {@code retention.yaml}, each with its default and one sentence. */
public final class RetentionFile {
    private final Capabilities capabilities;
    private final Function<Target, LockSupport> locks;

    private RetentionFile(Capabilities capabilities, Function<Target, LockSupport> locks) {
        this.capabilities = capabilities;
        this.locks = locks;
    }

    /** @throws ConfigException naming every problem with file, line, column and key */
    public static RetentionPolicies read(Path file) throws ConfigException {
        return read(file, RetentionFile::unasked);
    }

    /**
     * Refuses also what a target says that it cannot keep.
     *
     * @param locks asked once for each target whose objects a policy wants locked
     */
    public static RetentionPolicies read(Path file, Function<Target, LockSupport> locks) throws ConfigException {
        return ConfigFile.read(file, new RetentionFile(Capabilities.HERE, locks)::policies);
    }

    public static RetentionPolicies read(String name, byte[] yaml) throws ConfigException {
        return read(name, yaml, Capabilities.HERE);
    }

    static RetentionPolicies read(String name, byte[] yaml, Capabilities capabilities) throws ConfigException {
        return ConfigFile.read(name, yaml, new RetentionFile(capabilities, RetentionFile::unasked)::policies);
    }

    static RetentionPolicies read(String name, byte[] yaml, Function<Target, LockSupport> locks)
            throws ConfigException {
        return ConfigFile.read(name, yaml, new RetentionFile(Capabilities.HERE, locks)::policies);
    }

    /** @return every key, for the reference */
    public static List<ConfigKey> reference() {
        return ConfigFile.reference(new RetentionFile(Capabilities.HERE, RetentionFile::unasked)::policies);
    }

    /** Where nobody is asked: whoever stores will be. */
    private static LockSupport unasked(Target target) {
        return new LockSupport(LockSupport.Answer.UNKNOWN, target.name() + " was not asked");
    }

    private RetentionPolicies policies(Section file) {
        file.integer("version", 1, 1, 1, "Version of this file's format.");
        Map<String, TargetReader.Found> targets = new LinkedHashMap<>();
        file.namedSections("targets", "Places for cold objects, by names of your own.")
                .forEach((name, section) -> targets.put(name, TargetReader.read(name, section)));

        PolicyReader reader = new PolicyReader(capabilities, targets, locks);
        reader.defaults(file.section("defaults", "What policies inherit that do not say otherwise."));
        List<Policy> policies = new ArrayList<>();
        for (Section section :
                file.sections("policies", "Tried in this order; the first that matches a stream decides.")) {
            reader.policy(section).ifPresent(policies::add);
        }
        if (!file.has("policies")) {
            file.problem("policies", "is missing", "a list of policies");
        }
        Map<String, Target> byName = new LinkedHashMap<>();
        targets.forEach((name, found) -> byName.put(name, found.target()));
        return new RetentionPolicies(byName, reader.defaultTarget(), policies);
    }
}
