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
                Pipeline, "one", "s", Enumerable.Range(1, 5).Select(i => new Record($"{mark:X}-{i}", Enumerable.Repeat(mark, 40).ToArray())).ToArray(), Receipt.Disk);
        var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(2));
        await service.CompleteAsync(Pipeline, "one", lease.Id, [lease.Records[0].Sequence]);
        await service.DeadLetterAsync(Pipeline, "one", lease.Id, null, "poison");
        await service.SetNoteAsync(Pipeline, new Note("k", "v"));
    }

    public Task DisposeAsync()
    {
        temp.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void A_sound_directory_is_called_sound_and_left_as_it_is()
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
        Assert.Contains("its checksum is wrong", Assert.Single(directory.Findings).ToString(), StringComparison.Ordinal);
        await using (var service = new EmbeddedBufferService(null, directory))
        {
            var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(100));
            Assert.Equal(["A1-3", "A1-4", "A1-5", "C3-1", "C3-2", "C3-3", "C3-4", "C3-5"], lease.Records.Select(r => r.Record.Id));
            await service.CompleteAsync(Pipeline, "one", lease.Id);
            Assert.True((await service.SnapshotAsync(Pipeline)).IsConserved);
        }

        // It is told of at every start, until it is repaired.
        await using var again = DataDirectory.Open(temp.Path);
        Assert.Contains("its checksum is wrong", Assert.Single(again.Findings).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repair_keeps_what_is_good_sets_aside_what_is_not_and_deletes_nothing()
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
        Assert.Contains("its checksum is wrong", File.ReadAllText(Path.Combine(report.SetAside!, "findings.txt")), StringComparison.Ordinal);
        Assert.True(DirectoryCheck.Check(temp.Path) is { IsSound: true, Findings.Count: 0, Records: 8 });
        await using var opened = DataDirectory.Open(temp.Path);
        Assert.Empty(opened.Findings);
        Assert.Equal("A1-2", opened.DeadLetters(Pipeline, "one").Single().Record.Record.Id);
        Assert.Equal("v", opened.Contents().Pipelines.Single().Notes["k"]);
        Assert.Equal(1, opened.Contents().Pipelines.Single().Stages.Single().Completed);
    }

    [Fact]
    public async Task A_file_of_which_nothing_can_be_read_is_kept_and_an_empty_one_takes_its_place()
    {
        File.WriteAllBytes(temp["conveyor.db"], new byte[3_000]);
        Assert.Equal(StorageFailure.Damaged, Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path)).Failure);

        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Equal(3_000, new FileInfo(Path.Combine(report.SetAside!, "conveyor.db")).Length);
        await using var opened = DataDirectory.Open(temp.Path);
        Assert.Empty(opened.Contents().Pipelines);
    }

    [Fact]
    public async Task A_settling_that_is_lost_is_found_and_never_passed_off_as_a_record_that_waits()
    {
        using (var file = Files.DataFile.Open(temp["conveyor.db"], new())) file.Execute("DELETE FROM gone");

        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path));

        Assert.Equal(StorageFailure.Damaged, refused.Failure);
        Assert.Contains("rows of the table 'gone' are missing", refused.Message, StringComparison.Ordinal);
        Assert.Contains(DirectoryCheck.Check(temp.Path).Findings, f => f.Place == "gone");
        await Task.CompletedTask;
    }

    [Fact]
    public void Rows_that_vanish_or_belong_to_no_stage_are_found()
    {
        using (var file = Files.DataFile.Open(temp["conveyor.db"], new())) file.Execute("DELETE FROM grp WHERE id=(SELECT max(id) FROM grp)");
        Assert.Contains(DirectoryCheck.Check(temp.Path).Findings, f => f.ToString().Contains("the counts do not add up", StringComparison.Ordinal));
        using (var file = Files.DataFile.Open(temp["conveyor.db"], new())) file.Execute("DELETE FROM queue");
        Assert.Contains(DirectoryCheck.Check(temp.Path).Findings, f => f.ToString().Contains("stage 1 is missing", StringComparison.Ordinal));
    }

    [Fact(Skip = "Not true yet: a flipped byte in a table can bring a settled record back. It is reported, but it must not come out.")]
    public async Task Whatever_byte_is_flipped_a_repair_leaves_a_sound_directory_with_nothing_in_it_that_was_not_there()
    {
        var whole = File.ReadAllBytes(temp["conveyor.db"]);
        var last = File.ReadAllBytes(temp["last"]);
        var random = new Random();
        for (var i = 0; i < 400; i++)
        {
            var at = random.Next(whole.Length);
            var flipped = (byte[])whole.Clone();
            flipped[at] ^= (byte)(1 << random.Next(8));
            using var copy = new TempDirectory();
            File.WriteAllBytes(copy["conveyor.db"], flipped);
            File.WriteAllBytes(copy["last"], last);
            try
            {
                DirectoryCheck.Repair(copy.Path);
                Assert.True(DirectoryCheck.Check(copy.Path).IsSound);
                await using var opened = DataDirectory.Open(copy.Path);
                Assert.DoesNotContain(opened.Findings, f => f.Kind == FindingKind.Damage);
                foreach (var record in opened.Contents().Pipelines.SelectMany(p => p.Stages.SelectMany(s => opened.Peek(p.Pipeline, s.Stage, int.MaxValue))))
                    Assert.True(record.Record.Payload.ToArray().All(b => b == Convert.ToByte(record.Record.Id[..2], 16)), record.Record.Id);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"byte {at}: {flipped[at]} for {whole[at]}: {e.Message}", e);
            }
        }
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
