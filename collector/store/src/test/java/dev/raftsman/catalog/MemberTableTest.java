package dev.raftsman.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.CommandResult.Done;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class MemberTableTest {
    private static final UUID ONE = new UUID(0, 1);
    private static final UUID TWO = new UUID(0, 2);

    private Catalog catalog = new Catalog();

    private void assertRefused(Command command, RefusalReason reason) {
        assertThat(catalog.apply(command))
                .isInstanceOfSatisfying(
                        CommandResult.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    @Test
    void anIdBelongsToOneDirectory() {
        assertThat(catalog.apply(new Command.Invite("n4", ONE))).isEqualTo(new Done(1));
        assertThat(catalog.apply(new Command.Invite("n4", ONE))).isEqualTo(new Done(0));
        assertRefused(new Command.Invite("n4", TWO), RefusalReason.OTHER_DIRECTORY);
        assertRefused(new Command.Enlist("n4", TWO), RefusalReason.OTHER_DIRECTORY);
        assertThat(catalog.apply(new Command.Enlist("n4", ONE))).isEqualTo(new Done(1));
        assertThat(catalog.apply(new Command.Enlist("n4", ONE))).isEqualTo(new Done(0));
        assertThat(catalog.apply(new Command.Invite("n4", ONE)))
                .as("a member stays one")
                .isEqualTo(new Done(0));
        assertThat(catalog.members()).containsExactly(new MemberView("n4", ONE, MemberState.MEMBER));
    }

    @Test
    void aRetiredIdIsNeverTakenAgain() {
        assertRefused(new Command.Retire("n3"), RefusalReason.UNKNOWN_NODE);
        catalog.apply(new Command.Enlist("n3", ONE));
        assertThat(catalog.apply(new Command.Retire("n3"))).isEqualTo(new Done(1));
        assertThat(catalog.apply(new Command.Retire("n3"))).isEqualTo(new Done(0));
        assertRefused(new Command.Invite("n3", ONE), RefusalReason.RETIRED_NODE);
        assertRefused(new Command.Enlist("n3", TWO), RefusalReason.RETIRED_NODE);
    }

    @Test
    void isInTheImageAndAnImageWithoutItIsReadToo() throws IOException {
        catalog.apply(new Command.Enlist("n1", ONE));
        catalog.apply(new Command.Enlist("n2", TWO));
        catalog.apply(new Command.Retire("n1"));
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        CatalogJson.write(json, catalog.image());
        Catalog again = new Catalog(read(json.toString(StandardCharsets.UTF_8)));
        assertThat(again.members()).isEqualTo(catalog.members()).hasSize(2);
        String before = json.toString(StandardCharsets.UTF_8).replaceFirst(",\"members\":.*", "}");
        assertThat(new Catalog(read(before)).members()).isEmpty();
    }

    private static CatalogImage read(String json) throws IOException {
        return CatalogJson.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), CatalogImage.class);
    }
}
