namespace ConveyorActors.Buffers.Tests.Manager;

public sealed class HopTransferTests
{
    [Fact]
    public void A_result_too_large_for_a_limit_is_a_dead_letter_and_the_next_one_is_transferred()
    {
        using var manager = new BufferManager<string>(
            new()
            {
                MaxBytesPerStage = 3,
                Stage = new() { MaxDeadLetterBytes = 100 },
            },
            new() { SizeOf = static text => text.Length }
        );
        Assert.Equal(0, Hop(manager, "long", "ab").Waiting);
        var letter = Assert.Single(manager.GetDeadLetters("target"));
        Assert.Equal(("long", LossReason.ResultTooLarge), (letter.Record.Record, letter.Reason));
        Assert.Equal(["ab"], Pending(manager));
    }

    [Fact]
    public void A_result_whose_id_the_target_stage_has_seen_is_lost_as_a_duplicate()
    {
        using var manager = new BufferManager<string>(
            new() { Stage = new() { Duplicates = new() } },
            new() { IdOf = static text => text }
        );
        manager.BufferForStage("target", "source", "seen");
        Assert.Equal(0, Hop(manager, "seen", "new").Waiting);
        Assert.Equal(["seen", "new"], Pending(manager));
        Assert.Equal(1, manager.GetLedger()[LossReason.Duplicate]);
    }

    [Fact]
    public void A_full_stage_that_drops_its_newest_loses_the_result()
    {
        using var manager = ManagerWithFullTarget(FullMode.DropNewest);
        Assert.Equal(0, Hop(manager, "late").Waiting);
        Assert.Equal(["first", "second"], Pending(manager));
        Assert.Equal(1, manager.GetLedger()[LossReason.DroppedNewest]);
    }

    [Fact]
    public void A_full_stage_that_drops_its_oldest_record_accepts_the_result()
    {
        using var manager = ManagerWithFullTarget(FullMode.DropOldest);
        Assert.Equal(0, Hop(manager, "late").Waiting);
        Assert.Equal(["second", "late"], Pending(manager));
        Assert.Equal(1, manager.GetLedger()[LossReason.DroppedOldest]);
    }

    [Fact]
    public void A_full_stage_that_rejects_makes_the_result_wait_until_there_is_room()
    {
        using var manager = ManagerWithFullTarget(FullMode.Reject);
        Assert.Equal(1, Hop(manager, "late").Waiting);
        Assert.Equal(["first", "second"], Pending(manager));
        manager.Complete(manager.GetBatch("target", 1));
        Assert.Equal(["second", "late"], Pending(manager));
    }

    [Theory]
    [InlineData(100, 100, 100, "")]
    [InlineData(12, 100, 100, "eee")]
    [InlineData(100, 12, 100, "eee")]
    [InlineData(100, 100, 12, "eee")]
    [InlineData(11, 100, 100, "eee")]
    public void Results_are_transferred_as_far_as_there_is_room_for_their_bytes(
        int atStage,
        int atSource,
        int atManager,
        string waiting
    )
    {
        using var manager = new BufferManager<string>(
            new()
            {
                MaxBytesPerStage = atStage,
                MaxBytesPerSource = atSource,
                MaxTotalBytes = atManager,
            },
            new() { SizeOf = static text => text.Length }
        );
        var hop = Hop(manager, "aa", "bb", "ccc", "dddd", "eee");
        Assert.Equal(waiting.Length == 0 ? 0 : 1, hop.Waiting);
        string[] all = ["aa", "bb", "ccc", "dddd", "eee"];
        Assert.Equal(all.Where(r => r != waiting), Pending(manager));
        manager.Complete(manager.GetBatch("target", 4));
        Assert.Equal(["eee"], Pending(manager));
        manager.Complete(manager.GetBatch("target", 4));
        var level = manager.GetSnapshot().Total;
        Assert.Equal((0, 0), (level.Pending, level.PendingBytes));
    }

    [Fact]
    public void Results_do_not_use_bytes_reserved_for_another_hop()
    {
        using var manager = new BufferManager<string>(
            new() { MaxPerStage = 2, MaxTotalBytes = 10 },
            new() { SizeOf = static text => text.Length }
        );
        manager.BufferBatchForStage("full", "source", ["a", "b"]);
        manager.BufferForStage("from", "source", "c");
        Assert.Equal(1, manager.Hop(manager.GetBatch("from", 1), null, "full", new[] { "dddd" }).Waiting);
        manager.BufferBatchForStage("from", "source", ["e", "f"]);
        // Of 10 bytes 4 are taken and 4 reserved; the first result takes one more, and the second needs three.
        Assert.Equal(1, manager.Hop(manager.GetBatch("from", 2), null, "target", new[] { "ggg", "hhh" }).Waiting);
        Assert.Equal(["ggg"], Pending(manager));
    }

    /// <summary>Creates a manager whose stage "target" has the only two records that fit in.</summary>
    static BufferManager<string> ManagerWithFullTarget(FullMode fullMode)
    {
        var manager = new BufferManager<string>(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = fullMode },
            }
        );
        manager.BufferBatchForStage("target", "source", ["first", "second"]);
        return manager;
    }

    /// <summary>Completes a record of another stage with results for the stage "target".</summary>
    static SettleResult Hop(BufferManager<string> manager, params string[] results)
    {
        manager.BufferForStage("from", "source", "in");
        return manager.Hop(manager.GetBatch("from", 1), null, "target", results);
    }

    static IEnumerable<string> Pending(BufferManager<string> manager) =>
        manager.Peek("target", 10).Select(r => r.Record);
}
