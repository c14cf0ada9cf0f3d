using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests;

/// <summary>fsck: what it finds, what it saves, and that it deletes nothing.</summary>
public sealed class DirectoryCheckTests : IAsyncLifetime
{
    const string Pipeline = "p";
    readonly TempDirectory temp = new();

    public async Task InitializeAsync()
    {
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path));
        foreach (var mark in new byte[] { 0xA1, 0xB2, 0xC3 })
            await service.BufferBatchForStageAsync(
                Pipeline,
                "one",
                "s",
                Enumerable
                    .Range(1, 5)
                    .Select(i => new ConveyorRecord($"{mark:X}-{i}", Enumerable.Repeat(mark, 40).ToArray()))
                    .ToArray(),
                AckLevel.Persisted
            );
        var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(2));
        await service.CompleteAsync(Pipeline, "one", lease.Id, [lease.Records[0].Sequence]);
        await service.DeadLetterAsync(Pipeline, "one", lease.Id, null, "poison");
        await service.SetCheckpointAsync(Pipeline, new Checkpoint("k", "v"));
    }

    public Task DisposeAsync()
    {
        temp.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void An_intact_directory_is_reported_as_intact_and_unchanged()
    {
        var before = File.ReadAllBytes(temp["conveyor.db"]);

        var report = DirectoryCheck.Repair(temp.Path);

        Assert.True(report.IsSound);
        Assert.Empty(report.Findings);
        Assert.Equal((13, null), (report.Records, report.SetAside));
        Assert.Equal(before, File.ReadAllBytes(temp["conveyor.db"]));
    }

    [Fact]
    public async Task A_bad_row_does_not_keep_the_others_from_being_delivered()
    {
        Spoil(0xB2);

        var directory = DataDirectory.Open(temp.Path);
        Assert.Contains(
            "its checksum is wrong",
            Assert.Single(directory.Findings).ToString(),
            StringComparison.Ordinal
        );
        await using (var service = new EmbeddedBufferService(null, directory))
        {
            var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(100));
            Assert.Equal(
                ["A1-3", "A1-4", "A1-5", "C3-1", "C3-2", "C3-3", "C3-4", "C3-5"],
                lease.Records.Select(r => r.Record.Id)
            );
            await service.CompleteAsync(Pipeline, "one", lease.Id);
            Assert.True((await service.GetSnapshotAsync(Pipeline)).IsConserved);
        }

        // It is told of at every start, until it is repaired.
        await using var again = DataDirectory.Open(temp.Path);
        Assert.Contains("its checksum is wrong", Assert.Single(again.Findings).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_directory_whose_process_was_killed_before_it_wrote_anything_is_sound(bool isRepair)
    {
        using var unfinished = new TempDirectory();
        File.WriteAllBytes(unfinished["conveyor.db"], []);

        var report = isRepair ? DirectoryCheck.Repair(unfinished.Path) : DirectoryCheck.Check(unfinished.Path);

        Assert.True(report is { IsSound: true, Findings.Count: 0, Records: 0, SetAside: null });
        await using var opened = DataDirectory.Open(unfinished.Path);
        Assert.Empty(opened.Findings);
    }

    [Fact]
    public void An_empty_data_file_is_damage_if_something_was_written()
    {
        File.WriteAllBytes(temp["conveyor.db"], []);
        foreach (var log in Directory.GetFiles(temp.Path, "conveyor.db-*"))
            File.Delete(log);

        Assert.False(DirectoryCheck.Check(temp.Path).IsSound);
    }

    [Fact]
    public async Task Repair_keeps_good_rows_sets_damaged_rows_aside_and_deletes_nothing()
    {
        Spoil(0xB2);
        var damaged = File.ReadAllBytes(temp["conveyor.db"]);
        Assert.False(DirectoryCheck.Check(temp.Path).IsSound);
        Assert.Equal(damaged, File.ReadAllBytes(temp["conveyor.db"]));

        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Equal(8, report.Records);
        Assert.Equal(damaged, File.ReadAllBytes(Path.Combine(report.SetAside!, "conveyor.db")));
        var aside = File.ReadAllText(Path.Combine(report.SetAside!, "set-aside.jsonl"));
        Assert.Contains("\"id\":\"B2-4\"", aside, StringComparison.Ordinal);
        Assert.Contains(
            "its checksum is wrong",
            File.ReadAllText(Path.Combine(report.SetAside!, "findings.txt")),
            StringComparison.Ordinal
        );
        Assert.True(DirectoryCheck.Check(temp.Path) is { IsSound: true, Findings.Count: 0, Records: 8 });
        await using var opened = DataDirectory.Open(temp.Path);
        Assert.Empty(opened.Findings);
        Assert.Equal("A1-2", opened.GetDeadLetters(Pipeline, "one").Single().Record.Record.Id);
        Assert.Equal("v", opened.ReadContents().Pipelines.Single().Checkpoints["k"]);
        Assert.Equal(1, opened.ReadContents().Pipelines.Single().Stages.Single().Completed);
    }

    [Fact]
    public async Task A_completely_unreadable_file_is_kept_and_replaced_by_an_empty_one()
    {
        File.WriteAllBytes(temp["conveyor.db"], new byte[3_000]);
        Assert.Equal(
            StorageFailure.Damaged,
            Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path)).Failure
        );

        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Equal(3_000, new FileInfo(Path.Combine(report.SetAside!, "conveyor.db")).Length);
        await using var opened = DataDirectory.Open(temp.Path);
        Assert.Empty(opened.ReadContents().Pipelines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_interrupted_repair_is_finished_or_restarted_by_the_next_process(bool isReady)
    {
        Spoil(0xB2);
        var damaged = File.ReadAllBytes(temp["conveyor.db"]);
        DirectoryCheck.Repair(temp.Path);
        File.Move(temp["conveyor.db"], temp[isReady ? "conveyor.db.repaired" : "conveyor.db.new"]);
        File.WriteAllBytes(temp["conveyor.db"], damaged);
        File.WriteAllText(temp["conveyor.db-wal"], "a log that belongs to the damaged file");

        if (!isReady)
        {
            File.Delete(temp["conveyor.db-wal"]);
            Assert.Equal(8, DirectoryCheck.Repair(temp.Path).Records);
        }

        await using (var opened = DataDirectory.Open(temp.Path))
        {
            Assert.Empty(opened.Findings);
            Assert.Equal(8, opened.Peek(Pipeline, "one", 100).Count);
        }
        Assert.Equal("conveyor.db", Path.GetFileName(Assert.Single(Directory.GetFiles(temp.Path, "conveyor.db*"))));
    }

    [Fact]
    public async Task A_lost_settlement_is_detected_and_its_record_is_not_shown_as_waiting()
    {
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
            file.Execute("DELETE FROM gone");

        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path));

        Assert.Equal(StorageFailure.Damaged, refused.Failure);
        Assert.Contains("rows of the table 'gone' are missing", refused.Message, StringComparison.Ordinal);
        Assert.Contains(DirectoryCheck.Check(temp.Path).Findings, f => f.Place == "gone");
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_group_with_unknown_settlements_is_left_out_and_counted_as_damaged()
    {
        Change("UPDATE gone SET sum=sum+1 WHERE id=1");

        var directory = DataDirectory.Open(temp.Path);
        Assert.Contains(
            directory.Findings,
            f => f.ToString() == "grp 1: which of its 5 records are settled cannot be read; they are left out"
        );
        await using (var service = new EmbeddedBufferService(null, directory))
        {
            var total = (await service.GetSnapshotAsync(Pipeline)).Total;
            Assert.Equal((10, 1, 1, 3), (total.Pending, total.Completed, total.DeadLettered, total.Dropped));
            Assert.Equal((15, true), (total.Accepted, total.RecordsAreConserved));
        }

        Assert.Equal(10, DirectoryCheck.Repair(temp.Path).Records);
        await using var repaired = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path));
        Assert.Equal(
            (10, 3),
            (
                (await repaired.GetSnapshotAsync(Pipeline)).Total.Pending,
                (await repaired.GetSnapshotAsync(Pipeline)).Total.Dropped
            )
        );
    }

    [Fact]
    public async Task An_outdated_settlement_is_ignored_and_a_stage_that_adds_up_is_kept()
    {
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
            await service.BufferForStageAsync(
                Pipeline,
                "two",
                "s",
                new ConveyorRecord("D4-1", new byte[10]),
                AckLevel.Persisted
            );
        // As if nothing of the first group had ever been settled, with all checksums right.
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
            file.Execute(
                $"UPDATE gone SET data=x'', sum={Format.RowSums.ComputeForTombstones(1, file.ReadScalar("SELECT sum FROM grp WHERE id=1"), [])} WHERE id=1"
            );

        Assert.Equal(
            StorageFailure.Damaged,
            Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path)).Failure
        );
        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Contains(
            report.Findings,
            f => f.ToString().Contains("it is unknown which of its records are settled", StringComparison.Ordinal)
        );
        await using var repaired = DataDirectory.Open(temp.Path);
        Assert.Empty(repaired.Peek(Pipeline, "one", 100));
        Assert.Equal("D4-1", Assert.Single(repaired.Peek(Pipeline, "two", 100)).Record.Id);
        Assert.Equal(
            15,
            File.ReadAllText(Path.Combine(report.SetAside!, "set-aside.jsonl")).Split("\"payload\"").Length - 1
        );
    }

    [Theory]
    [InlineData("DELETE FROM gone WHERE id=2")]
    [InlineData("DELETE FROM grp WHERE id=2")]
    [InlineData("DELETE FROM grp WHERE id=2; DELETE FROM gone WHERE id=2")]
    [InlineData("UPDATE grp SET sum=sum+1 WHERE id=2")]
    [InlineData("UPDATE grp SET data=x'00' WHERE id=2")]
    [InlineData("UPDATE gone SET sum=sum+1 WHERE id=2")]
    [InlineData("UPDATE gone SET id=7 WHERE id=2")]
    [InlineData("UPDATE gone SET data=x'01' WHERE id=3; UPDATE gone SET sum=sum+1 WHERE id=2")]
    public async Task A_missing_settlement_is_detected_next_to_other_damage(string damage)
    {
        // As if nothing of the first group had ever been settled, with its checksums right; and something else is
        // damaged too.
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
        {
            file.Execute(
                $"UPDATE gone SET data=x'', sum={Format.RowSums.ComputeForTombstones(1, file.ReadScalar("SELECT sum FROM grp WHERE id=1"), [])} WHERE id=1"
            );
            foreach (var statement in damage.Split("; "))
                file.Execute(statement);
        }

        Assert.Equal(
            StorageFailure.Damaged,
            Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path)).Failure
        );
        DirectoryCheck.Repair(temp.Path);

        await using var repaired = DataDirectory.Open(temp.Path);
        Assert.DoesNotContain(repaired.Peek(Pipeline, "one", 100), r => r.Record.Id is "A1-1" or "A1-2");
    }

    [Fact]
    public async Task A_settled_group_is_not_mistaken_for_the_next_group()
    {
        (long First, long Sum, byte[] Data) old;
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
        {
            using var row = file.Prepare("SELECT first, sum, data FROM grp WHERE id=3");
            Assert.True(row.Step());
            old = (row.GetLong(0), row.GetLong(1), row.GetBlob(2).ToArray());
        }
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
        {
            var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(100));
            await service.CompleteAsync(
                Pipeline,
                "one",
                lease.Id,
                [
                    .. lease
                        .Records.Where(r => r.Record.Id.StartsWith("C3", StringComparison.Ordinal))
                        .Select(r => r.Sequence),
                ]
            );
        }
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
            await service.BufferBatchForStageAsync(
                Pipeline,
                "one",
                "s",
                Enumerable.Range(1, 5).Select(i => new ConveyorRecord($"D4-{i}", new byte[10])).ToArray(),
                AckLevel.Persisted
            );
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
        {
            // The disk has lost the last version of a page: the row is the one that had the number before.
            using var row = file.Prepare("UPDATE grp SET first=?, sum=?, data=? WHERE id=3");
            row.Bind(old.First).Bind(old.Sum).Bind(old.Data).Run();
            Assert.Equal(3, file.ReadScalar("SELECT count(*) FROM grp"));
        }

        await using var opened = DataDirectory.Open(temp.Path);

        Assert.NotEmpty(opened.Findings);
        Assert.Equal(["A1", "B2"], opened.Peek(Pipeline, "one", 100).Select(r => r.Record.Id[..2]).Distinct());
    }

    [Fact]
    public void Records_that_are_neither_settled_nor_stored_are_detected()
    {
        // A group that was lost with all that belonged to it.
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
        {
            file.Execute("DELETE FROM grp WHERE id=2; DELETE FROM gone WHERE id=2");
            var sums = new long[Storage.Model.StoreModel.Tables * 2];
            foreach (
                var (table, name) in new[] { "head", "queue", "line", "counts", "grp", "gone", "dead", "seen", "note" }
                    .Select((n, i) => (i + 1, n))
                    .Skip(1)
            )
            {
                using var rows = file.Prepare($"SELECT sum FROM {name}");
                while (rows.Step())
                    Storage.Model.StoreModel.UpdateSum(sums, (Storage.Model.RowKind)table, 0, rows.GetLong(0));
            }
            Writing.TransactionWriter.WriteHead(file, file.ReadScalar("SELECT tx FROM head"), sums);
        }

        var finding = Assert.Single(DirectoryCheck.Check(temp.Path).Findings);

        Assert.Equal(
            "stage one of p: 5 of the records that it accepted are neither settled nor there: the counts do not add up",
            finding.ToString()
        );
    }

    [Fact]
    public async Task An_unreadable_checkpoint_is_refused_because_it_may_be_a_source_position()
    {
        Change("UPDATE note SET value='w'");

        Assert.Contains(
            "a checkpoint, which may be the position of a source, cannot be read",
            Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path)).Message,
            StringComparison.Ordinal
        );

        var report = DirectoryCheck.Repair(temp.Path);
        Assert.Contains(
            "note 1",
            File.ReadAllText(Path.Combine(report.SetAside!, "set-aside.jsonl")),
            StringComparison.Ordinal
        );
        await using var repaired = DataDirectory.Open(temp.Path);
        Assert.Equal(13, repaired.Peek(Pipeline, "one", 100).Count);
    }

    [Fact]
    public async Task A_stage_that_lost_its_counts_continues_and_never_repeats_a_sequence()
    {
        Change("UPDATE counts SET sum=sum+1");

        var directory = DataDirectory.Open(temp.Path);
        Assert.Contains(directory.Findings, f => f.Place.StartsWith("counts", StringComparison.Ordinal));
        await using var service = new EmbeddedBufferService(null, directory);
        await service.BufferForStageAsync(
            Pipeline,
            "one",
            "s",
            new ConveyorRecord("new", new byte[10]),
            AckLevel.Persisted
        );
        var records = await service.PeekAsync(Pipeline, "one", 100);
        Assert.Equal((14, 16), (records.Count, records[^1].Sequence));
        Assert.True((await service.GetSnapshotAsync(Pipeline)).IsConserved);
    }

    [Fact]
    public void Missing_rows_and_rows_without_a_stage_are_detected()
    {
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
            file.Execute("DELETE FROM grp WHERE id=(SELECT max(id) FROM grp)");
        Assert.Contains(
            DirectoryCheck.Check(temp.Path).Findings,
            f => f.ToString().Contains("the counts do not add up", StringComparison.Ordinal)
        );
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
            file.Execute("DELETE FROM queue");
        Assert.Contains(
            DirectoryCheck.Check(temp.Path).Findings,
            f => f.ToString().Contains("stage 1 is missing", StringComparison.Ordinal)
        );
    }

    void Change(string sql)
    {
        using var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new());
        file.Execute(sql);
    }

    /// <summary>Flips a byte in the payloads with this mark.</summary>
    void Spoil(byte mark)
    {
        var bytes = File.ReadAllBytes(temp["conveyor.db"]);
        var at = bytes.AsSpan().IndexOf(Enumerable.Repeat(mark, 40).ToArray());
        bytes[at + 10] ^= 1;
        File.WriteAllBytes(temp["conveyor.db"], bytes);
    }
}
