package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.MemberState;
import dev.raftsman.catalog.MemberView;
import dev.raftsman.config.HostPort;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The table of {@link Formation}, row by row. */
class FormationTest {
    private static final List<CollectorConfig.Peer> THREE = List.of(peer(1), peer(2), peer(3));
    private static final Founders FOUNDERS = new Founders(List.of(founder(1), founder(2), founder(3)));

    private final Map<String, Introduction> answers = new TreeMap<>();

    private static CollectorConfig.Peer peer(int number) {
        return new CollectorConfig.Peer("n" + number, address(number), address(100 + number), address(200 + number));
    }

    private static HostPort address(int port) {
        return new HostPort("h", port);
    }

    private static UUID directory(int number) {
        return new UUID(0, number);
    }

    private static Founders.Founder founder(int number) {
        return new Founders.Founder(peer(number), directory(number));
    }

    private static Introduction fresh(int number, List<CollectorConfig.Peer> peers) {
        CollectorConfig.Peer self = peers.stream()
                .filter(p -> p.id().equals("n" + number))
                .findFirst()
                .orElse(peer(number));
        return new Introduction("c", self, directory(number), peers, false, null, List.of());
    }

    private static Introduction founded(int number, MemberView... known) {
        return new Introduction("c", peer(number), directory(number), THREE, true, FOUNDERS, List.of(known));
    }

    private static Introduction added(int number, MemberView... known) {
        return new Introduction("c", peer(number), directory(number), THREE, true, null, List.of(known));
    }

    private static MemberView row(int node, int directory, MemberState state) {
        return new MemberView("n" + node, directory(directory), state);
    }

    private Formation decide(Introduction self, Introduction... peers) {
        answers.clear();
        for (Introduction peer : peers) {
            answers.put(peer.self().id(), peer);
        }
        return Formation.decide(self, answers);
    }

    private static void assertWaits(Formation decision, String reason) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Formation.Wait.class, wait -> assertThat(wait.reason()).contains(reason));
    }

    private static void assertRefuses(Formation decision, String reason) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Formation.Refuse.class,
                        refuse -> assertThat(refuse.reason()).contains(reason).contains("raftsman cluster "));
    }

    @Test
    void foundsWhenAllFoundersAnswerAndNobodyHasBegun() {
        assertThat(decide(fresh(1, THREE), fresh(2, THREE), fresh(3, THREE))).isEqualTo(new Formation.Found(FOUNDERS));
        assertThat(decide(fresh(1, List.of(peer(1)))))
                .isEqualTo(new Formation.Found(new Founders(List.of(founder(1)))));
    }

    @Test
    void waitsForFoundersThatDoNotAnswer() {
        assertWaits(decide(fresh(1, THREE), fresh(3, THREE)), "no answer from n2 (h:2)");
        assertWaits(decide(fresh(1, THREE)), "n2 (h:2), n3 (h:3)");
    }

    @Test
    void waitsForAPersonWhereConfigurationsDoNotAgree() {
        List<CollectorConfig.Peer> other = List.of(peer(1), peer(2), peer(4));
        assertWaits(decide(fresh(1, THREE), fresh(2, other), fresh(3, THREE)), "n2 has other raft.peers");
        CollectorConfig.Peer moved = new CollectorConfig.Peer("n3", address(3), address(103), address(999));
        assertWaits(
                decide(fresh(1, THREE), fresh(2, List.of(peer(1), peer(2), moved)), fresh(3, THREE)),
                "n2 has other raft.peers");
        Introduction elsewhere = new Introduction("d", peer(2), directory(2), THREE, true, FOUNDERS, List.of());
        assertWaits(decide(fresh(1, THREE), elsewhere, fresh(3, THREE)), "h:2 is n2 of cluster d, not n2 of c");
        answers.clear();
        answers.put("n2", fresh(3, THREE));
        answers.put("n3", fresh(3, THREE));
        assertWaits(Formation.decide(fresh(1, THREE), answers), "h:2 is n3 of cluster c, not n2");
        Introduction copy = new Introduction("c", peer(2), directory(1), THREE, false, null, List.of());
        assertWaits(decide(fresh(1, THREE), copy, fresh(3, THREE)), "same directory");
    }

    @Test
    void takesOverWhatTheOthersFoundedWhileItWasSlow() {
        assertThat(decide(fresh(3, THREE), founded(1))).isEqualTo(new Formation.TakeOver(FOUNDERS));
        assertThat(decide(fresh(3, THREE), founded(2, row(3, 3, MemberState.MEMBER)), added(1)))
                .isEqualTo(new Formation.TakeOver(FOUNDERS));
    }

    @Test
    void neverVotesUnderAnIdOfAnotherDirectory() {
        Introduction emptied = new Introduction("c", peer(3), directory(33), THREE, false, null, List.of());
        assertRefuses(decide(emptied, founded(1)), "another data directory (" + directory(3));
        assertRefuses(
                decide(emptied, fresh(1, THREE), added(2, row(3, 3, MemberState.INVITED))), "another data directory");
        // One that is behind does not know of it yet; the other one does.
        assertRefuses(decide(emptied, added(1), founded(2)), "another data directory");
    }

    @Test
    void refusesAMemberWhoseLogIsGone() {
        assertRefuses(
                decide(fresh(4, List.of(peer(1), peer(2), peer(4))), founded(1, row(4, 4, MemberState.MEMBER))),
                "whose log this directory had once");
    }

    @Test
    void refusesARemovedId() {
        assertRefuses(decide(fresh(3, THREE), founded(1), founded(2, row(3, 3, MemberState.RETIRED))), "was removed");
    }

    @Test
    void isANewcomerWhereTheClusterDoesNotKnowIt() {
        List<CollectorConfig.Peer> with = List.of(peer(1), peer(2), peer(4));
        assertThat(decide(fresh(4, with), founded(1)))
                .isInstanceOfSatisfying(
                        Formation.Newcomer.class,
                        newcomer -> assertThat(newcomer.reason()).contains("'raftsman cluster add n4 --raft h:4'"));
        assertThat(decide(fresh(4, with), founded(1, row(4, 4, MemberState.INVITED))))
                .isInstanceOfSatisfying(
                        Formation.Newcomer.class,
                        newcomer -> assertThat(newcomer.reason()).contains("was begun"));
    }

    @Test
    void neverFoundsWhereItIsToJoin() {
        List<CollectorConfig.Peer> with = new ArrayList<>(THREE);
        with.add(new CollectorConfig.Peer("n4", address(4), address(104), address(204), true));
        assertWaits(decide(fresh(4, with), fresh(1, THREE), fresh(2, THREE), fresh(3, THREE)), "none of raft.peers");
        assertThat(decide(fresh(4, with), fresh(2, THREE), founded(1))).isInstanceOf(Formation.Newcomer.class);
        // Founders may list it or not.
        assertThat(decide(fresh(1, with), fresh(2, THREE), fresh(3, THREE))).isEqualTo(new Formation.Found(FOUNDERS));
    }

    @Test
    void introductionsTravelAsJson() throws Exception {
        Introduction whole = founded(1, row(3, 3, MemberState.RETIRED));
        assertThat(Introduction.read(ByteBuffer.wrap(whole.json()))).isEqualTo(whole);
        assertThat(Introduction.read(ByteBuffer.wrap(fresh(1, THREE).json()))).isEqualTo(fresh(1, THREE));
    }
}
