package dev.raftsman.standalone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/**
 * Rooms know what flows in, never who takes it next. Maven's walls hold the modules apart; these rules hold the packages of a
 * module, and the doors to heavy engines.
 */
class ImportDirectionsTest {
    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.raftsman");

    private static final String[] ALPHABET = {
        "dev.raftsman.event..",
        "dev.raftsman.block..",
        "dev.raftsman.wire..",
        "dev.raftsman.config..",
        "dev.raftsman.tls..",
        "dev.raftsman.disk.."
    };
    private static final String[] APPENDER = {"dev.raftsman.ring..", "dev.raftsman.wal..", "dev.raftsman.appender.."};
    private static final String[] SIDECAR = {"dev.raftsman.input..", "dev.raftsman.shipper..", "dev.raftsman.sidecar.."
    };
    private static final String[] STORE = {
        "dev.raftsman.segment..", "dev.raftsman.search..", "dev.raftsman.catalog..", "dev.raftsman.store.."
    };
    private static final String[] NODE = {
        "dev.raftsman.raft..",
        "dev.raftsman.ingest..",
        "dev.raftsman.query..",
        "dev.raftsman.console..",
        "dev.raftsman.collector.."
    };
    private static final String[] TIERING = {
        "dev.raftsman.cluster..",
        "dev.raftsman.policy..",
        "dev.raftsman.cold..",
        "dev.raftsman.objects..",
        "dev.raftsman.archive..",
        "dev.raftsman.snapshot..",
        "dev.raftsman.restore..",
        "dev.raftsman.lake..",
        "dev.raftsman.archiver.."
    };
    private static final String[] STANDALONE = {"dev.raftsman.cli..", "dev.raftsman.standalone..", "dev.raftsman.load.."
    };

    @Test
    void theAlphabetKnowsNobody() {
        neither(ALPHABET, APPENDER, SIDECAR, STORE, NODE, TIERING, STANDALONE);
    }

    @Test
    void modulesKnowOnlyWhatFlowsIn() {
        neither(APPENDER, SIDECAR, STORE, NODE, TIERING, STANDALONE);
        neither(SIDECAR, STORE, NODE, TIERING, STANDALONE);
        neither(STORE, APPENDER, SIDECAR, NODE, TIERING, STANDALONE);
        neither(NODE, APPENDER, SIDECAR, TIERING, STANDALONE);
        neither(TIERING, APPENDER, SIDECAR, NODE, STANDALONE);
    }

    @Test
    void stagesInsideAModuleLookUpstreamOnly() {
        // The ring's flusher is the one owner of the log's writer; the log, which the sidecar writes too, knows no
        // ring.
        neither(only("dev.raftsman.ring.."), only("dev.raftsman.appender.."));
        // The ring owns the writer of the log it fills; the log knows nobody.
        neither(only("dev.raftsman.wal.."), only("dev.raftsman.ring..", "dev.raftsman.appender.."));
        neither(only("dev.raftsman.shipper.."), only("dev.raftsman.sidecar.."));
        neither(only("dev.raftsman.input.."), only("dev.raftsman.sidecar.."));
        neither(only("dev.raftsman.segment.."), only("dev.raftsman.search..", "dev.raftsman.store.."));
        neither(only("dev.raftsman.search.."), only("dev.raftsman.catalog..", "dev.raftsman.store.."));
        neither(
                only("dev.raftsman.raft..", "dev.raftsman.ingest..", "dev.raftsman.query.."),
                only("dev.raftsman.collector.."));
        neither(
                only("dev.raftsman.raft..", "dev.raftsman.ingest..", "dev.raftsman.query.."),
                only("dev.raftsman.console.."));
        neither(only("dev.raftsman.console.."), only("dev.raftsman.ingest..", "dev.raftsman.collector.."));
        neither(only("dev.raftsman.policy.."), only("dev.raftsman.archive..", "dev.raftsman.archiver.."));
        neither(
                only("dev.raftsman.cold.."),
                only(
                        "dev.raftsman.objects..",
                        "dev.raftsman.policy..",
                        "dev.raftsman.archive..",
                        "dev.raftsman.restore.."));
        neither(
                only("dev.raftsman.objects.."),
                only("dev.raftsman.policy..", "dev.raftsman.archive..", "dev.raftsman.restore.."));
        neither(
                only("dev.raftsman.archive..", "dev.raftsman.restore..", "dev.raftsman.snapshot.."),
                only("dev.raftsman.lake..", "dev.raftsman.archiver.."));
        neither(only("dev.raftsman.lake.."), only("dev.raftsman.archiver.."));
    }

    @Test
    void theEnginesStayBehindTheirDoors() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.raftsman.raft..", "dev.raftsman.collector..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.ratis..")
                .check(OURS);
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.raftsman.objects..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("software.amazon.awssdk..")
                .check(OURS);
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.raftsman.wal..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("net.openhft..")
                .check(OURS);
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.raftsman.lake..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.delta..", "org.apache.parquet..", "org.apache.hadoop..")
                .check(OURS);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.raftsman.ring..",
                        "dev.raftsman.appender..",
                        "dev.raftsman.input..",
                        "dev.raftsman.sidecar..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.lmax..")
                .check(OURS);
    }

    @Test
    void nothingDeserializesOrLooksUpByName() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("javax.naming..", "javax.script..")
                .check(OURS);
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectInputStream")
                .check(OURS);
    }

    private static String[] only(String... packages) {
        return packages;
    }

    private static void neither(String[] from, String[]... to) {
        for (String[] target : to) {
            noClasses()
                    .that()
                    .resideInAnyPackage(from)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(target)
                    .allowEmptyShould(true)
                    .check(OURS);
        }
    }
}
