using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Checkpoints, which are stored with the records, and how far a source has been read.</summary>
public abstract partial class BufferServiceContract
{
    Task Set(string key, string value, string? pipeline = null) =>
        Within(Service.SetCheckpointAsync(pipeline ?? Pipeline, new Checkpoint(key, value)));

    Task<string?> ReadCheckpoint(string key, string? pipeline = null) =>
        Within(Service.GetCheckpointAsync(pipeline ?? Pipeline, key));

    [Fact]
    public async Task A_checkpoint_stays_until_another_one_with_its_key_replaces_it()
    {
        Assert.Null(await ReadCheckpoint("sink"));
        await Set("sink", "at 1");
        await Set("other", "");
        Assert.Equal(("at 1", ""), (await ReadCheckpoint("sink"), await ReadCheckpoint("other")));
        await Set("sink", "at 2");
        Assert.Equal(
            ("at 2", "", null),
            (await ReadCheckpoint("sink"), await ReadCheckpoint("other"), await ReadCheckpoint("Sink"))
        );
    }

    [Fact]
    public async Task Each_pipeline_has_its_own_checkpoints()
    {
        await Set("sink", "here");
        await Set("sink", "there", Pipeline + "-b");
        Assert.Equal(("here", "there"), (await ReadCheckpoint("sink"), await ReadCheckpoint("sink", Pipeline + "-b")));
    }

    [Fact]
    public async Task A_checkpoint_comes_back_as_it_was_whatever_its_text()
    {
        foreach (var text in new[] { "", "a key\nof two lines\0", "ключ 🚚", "half \ud83d of a pair" })
        {
            await Set(text, text + text);
            Assert.Equal(text + text, await ReadCheckpoint(text));
        }
    }

    [Fact]
    public async Task A_checkpoint_of_a_settlement_is_there_if_the_lease_was_open()
    {
        await Fill(3);
        var lease = await Lease(3);
        Assert.Equal(2, (await CompleteWithCheckpoint(lease.Id, Sequences(lease, "r1", "r2"), "at 2")).Settled);
        Assert.Equal("at 2", await ReadCheckpoint("sink"));
        Assert.Equal(1, (await CompleteWithCheckpoint(lease.Id, null, "at 3")).Settled);
        Assert.Equal("at 3", await ReadCheckpoint("sink"));

        Assert.NotEqual(SettleStatus.Ok, (await CompleteWithCheckpoint(lease.Id, null, "never")).Status);
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await CompleteWithCheckpoint(lease.Id, null, "never", "no such stage")).Status
        );
        Assert.Equal("at 3", await ReadCheckpoint("sink"));
        Assert.Equal(3, (await AssertConserved()).Total.Completed);
    }

    Task<SettleResult> CompleteWithCheckpoint(
        long lease,
        IReadOnlyList<long>? sequences,
        string value,
        string stage = Stage
    ) => Within(Service.CompleteAsync(Pipeline, stage, lease, sequences, new Checkpoint("sink", value)));

    [Fact]
    public async Task A_checkpoint_that_cannot_be_stored_is_refused_and_settles_nothing()
    {
        await Fill(1);
        var lease = await Lease(1);
        foreach (
            var checkpoint in new[]
            {
                new Checkpoint(null!, "v"),
                new Checkpoint("k", null!),
                new Checkpoint("conveyor.operator-holds", "v"),
            }
        )
        {
            Assert.Equal(
                "checkpoint",
                (
                    await Assert.ThrowsAsync<ArgumentException>(() =>
                        Within(Service.SetCheckpointAsync(Pipeline, checkpoint))
                    )
                ).ParamName
            );
            var refused = await Assert.ThrowsAsync<ArgumentException>(() =>
                Within(Service.CompleteAsync(Pipeline, Stage, lease.Id, null, checkpoint))
            );
            Assert.StartsWith("checkpoint.", refused.Message, StringComparison.Ordinal);
        }
        await Assert.ThrowsAsync<ArgumentNullException>(() => Within(Service.SetCheckpointAsync(Pipeline, null!)));
        await Assert.ThrowsAsync<ArgumentNullException>(() =>
            Within(Service.CompleteAsync(Pipeline, Stage, lease.Id, null, (Checkpoint)null!))
        );
        Assert.Equal(
            "key",
            (
                await Assert.ThrowsAsync<ArgumentNullException>(() =>
                    Within(Service.GetCheckpointAsync(Pipeline, null!))
                )
            ).ParamName
        );
        Assert.Equal((1L, 0L), ((await Total()).InFlight, (await Total()).Completed));
    }

    [Fact]
    public async Task Notes_change_no_numbers_and_asking_for_one_creates_no_pipeline()
    {
        Assert.Null(await ReadCheckpoint("sink"));
        Assert.Null(await Within(Service.GetPositionAsync(Pipeline, Source)));
        Assert.DoesNotContain(Pipeline, await Within(Service.GetPipelinesAsync()));
        await Fill(2);
        var before = await Total();
        await Set("sink", "at 1");
        Assert.Equal((before.Pending, before.Offered), ((await Total()).Pending, (await Total()).Offered));
        Assert.Contains(Pipeline, await Within(Service.GetPipelinesAsync()));
    }

    [Fact]
    public async Task A_position_counts_from_the_next_opening()
    {
        await Within(Service.SetPositionAsync(Pipeline, Source, new SourcePosition(25, 2)));
        Assert.Null(await Within(Service.GetPositionAsync(Pipeline, Source)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Within(Service.SetPositionAsync(Pipeline, "", default)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Within(Service.GetPositionAsync(Pipeline, null!)));
        foreach (var negative in (SourcePosition[])[new(-1, 2), new(25, -1)])
        {
            var refused = await Assert.ThrowsAnyAsync<ArgumentException>(() =>
                Within(Service.SetPositionAsync(Pipeline, Source, negative))
            );
            Assert.Contains("must be at least 0", refused.Message, StringComparison.Ordinal);
        }
    }
}
