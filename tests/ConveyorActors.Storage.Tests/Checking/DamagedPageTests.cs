using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage.Tests.Disks;

namespace ConveyorActors.Storage.Tests.Checking;

/// <summary>Repairs of a data file of which pages are damaged or missing: groups of many pages, on many pages.</summary>
public sealed class DamagedPageTests : IAsyncLifetime
{
    const string Pipeline = "p";
    const int Groups = 24,
        RecordsOfGroup = 200,
        PageSize = 4_096;

    readonly TempDirectory temp = new();
    byte[] whole = [];

    string DataFile => temp["conveyor.db"];

    public async Task InitializeAsync()
    {
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
            await OfferGroupsAsync(service, Groups, RecordsOfGroup, recordBytes: 100);
        whole = File.ReadAllBytes(DataFile);
        Assert.Equal(0, whole.Length % PageSize);
    }

    public Task DisposeAsync()
    {
        temp.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Offers records so that each offer becomes a group on disk.</summary>
    static async Task OfferGroupsAsync(IBufferProducer service, int groups, int records, int recordBytes)
    {
        for (var group = 0; group < groups; group++)
            await service.BufferBatchForStageAsync(
                Pipeline,
                "one",
                "s",
                Enumerable
                    .Range(0, records)
                    .Select(i => new ConveyorRecord(NameOf(group, i), new byte[recordBytes]))
                    .ToArray(),
                AckLevel.Persisted
            );
    }

    static string NameOf(int group, int record) => $"group{group:D4}-{record:D3}";

    /// <summary>Returns the number of the first page with a text.</summary>
    int FindPage(string text)
    {
        var at = whole.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text));
        Assert.True(at > 0);
        return at / PageSize;
    }

    void Damage(int page) =>
        File.WriteAllBytes(
            DataFile,
            [.. whole[..(page * PageSize)], .. new byte[PageSize], .. whole[((page + 1) * PageSize)..]]
        );

    [Fact]
    public void A_damaged_page_within_a_group_loses_that_group_only()
    {
        Damage(FindPage(NameOf(3, 100)));

        var checkedOnly = DirectoryCheck.Check(temp.Path);
        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Equal((Groups - 1) * RecordsOfGroup, report.Records);
        Assert.Equal(report.Records, checkedOnly.Records);
        Assert.Contains(
            report.Findings,
            f =>
                f.Place.StartsWith("grp ", StringComparison.Ordinal)
                && f.What.StartsWith("200 records of stage 'one' of pipeline 'p'", StringComparison.Ordinal)
        );
        var aside = File.ReadAllText(Path.Combine(report.SetAside!, "set-aside.jsonl"));
        Assert.Contains($"\"id\":\"{NameOf(3, 0)}\"", aside, StringComparison.Ordinal);
        Assert.DoesNotContain(NameOf(2, 0), aside, StringComparison.Ordinal);
        Assert.True(DirectoryCheck.Check(temp.Path).IsSound);
    }

    [Fact]
    public async Task A_group_that_is_lost_is_counted_as_damaged_and_the_others_are_leased_in_order()
    {
        Damage(FindPage(NameOf(3, 100)));
        DirectoryCheck.Repair(temp.Path);

        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path));
        var seen = new List<string>();
        while (await service.GetBatchAsync(Pipeline, "one", new BatchRequest(1_000)) is { Count: > 0 } lease)
        {
            seen.AddRange(lease.Records.Select(r => r.Record.Id));
            await service.CompleteAsync(Pipeline, "one", lease.Id);
        }

        Assert.Equal(
            Enumerable
                .Range(0, Groups)
                .Where(group => group != 3)
                .SelectMany(group => Enumerable.Range(0, RecordsOfGroup).Select(i => NameOf(group, i))),
            seen
        );
        var snapshot = await service.GetSnapshotAsync(Pipeline);
        Assert.Equal(RecordsOfGroup, snapshot.Losses.Single(l => l.Reason == LossReason.Damaged).Count);
        Assert.True(snapshot.IsConserved);
    }

    [Fact]
    public void Any_damaged_page_loses_the_groups_on_it_only()
    {
        // A page with the beginnings of groups has those of at most eight: each takes 489 bytes there or more.
        const int mostGroups = 8;
        // Pages 2 to 10 are the roots of the tables; without its root, a table cannot be read.
        const int roots = 10;
        for (var page = roots; page < whole.Length / PageSize; page += 5)
        {
            Damage(page);
            foreach (var aside in Directory.GetDirectories(temp.Path, "damaged-*"))
                Directory.Delete(aside, recursive: true);

            var report = DirectoryCheck.Repair(temp.Path);

            Assert.True(
                report.Records >= (Groups - mostGroups) * RecordsOfGroup,
                $"page {page} of zeros leaves {report.Records} records: {string.Join("; ", report.Findings)}"
            );
            Assert.True(DirectoryCheck.Check(temp.Path).IsSound);
        }
    }

    [Theory]
    [InlineData(0, PageSize, 0xAA)]
    [InlineData(0, PageSize, 0)]
    [InlineData(0, 1, 0xAA)]
    [InlineData(16, 2, 0xAA)]
    [InlineData(16, 1, 0x02)] // a page size of 512 bytes
    [InlineData(16, 1, 0x20)]
    [InlineData(16, 1, 0x80)]
    [InlineData(100, 8, 0xAA)]
    [InlineData(PageSize - 200, 100, 0xAA)]
    public void A_damaged_first_page_loses_nothing(int at, int length, byte with)
    {
        var damaged = (byte[])whole.Clone();
        damaged.AsSpan(at, length).Fill(with);
        File.WriteAllBytes(DataFile, damaged);
        Assert.False(DirectoryCheck.Check(temp.Path).IsSound);
        Assert.Equal(damaged, File.ReadAllBytes(DataFile));

        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Equal(Groups * RecordsOfGroup, report.Records);
        Assert.Equal(damaged, File.ReadAllBytes(Path.Combine(report.SetAside!, "conveyor.db")));
        Assert.True(DirectoryCheck.Check(temp.Path).IsSound);
    }

    [Fact]
    public async Task Several_damaged_pages_lose_the_groups_on_them_only()
    {
        // Most groups are settled, so that the ids of the others are far from 1 and close together; the beginning of
        // each is on a page of its own.
        const int groups = 1_520,
            settled = 1_500,
            each = 2;
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(CreateEmpty())))
        {
            await OfferGroupsAsync(service, groups, each, recordBytes: 1_500);
            for (var left = settled * each; left > 0; )
            {
                var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(Math.Min(left, 100)));
                left -= lease.Count;
                await service.CompleteAsync(Pipeline, "one", lease.Id);
            }
        }
        whole = File.ReadAllBytes(DataFile);
        int[] lost = [settled, settled + 1, settled + 3, groups - 1];
        var damaged = (byte[])whole.Clone();
        foreach (var page in lost.Select(group => FindPage(NameOf(group, 0))))
            damaged.AsSpan(page * PageSize, PageSize).Clear();
        File.WriteAllBytes(DataFile, damaged);

        var report = DirectoryCheck.Repair(temp.Path);

        var pages = Enumerable.Range(settled, groups - settled).GroupBy(group => FindPage(NameOf(group, 0))).ToArray();
        var touched = pages.Where(p => p.Any(lost.Contains)).Sum(p => p.Count());
        Assert.InRange(touched, lost.Length, groups - settled - 1);
        Assert.Equal((groups - settled - touched) * each, report.Records);
        Assert.True(DirectoryCheck.Check(temp.Path).IsSound);
    }

    string CreateEmpty()
    {
        foreach (var file in Directory.GetFiles(temp.Path))
            File.Delete(file);
        return temp.Path;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PageSize - 1)]
    public async Task An_empty_data_file_loses_nothing_that_is_in_its_log(int length)
    {
        using var killed = new TempDirectory();
        var directory = DataDirectory.Open(killed.Path);
        await using (var service = new EmbeddedBufferService(null, directory))
        {
            await service.BufferForStageAsync(Pipeline, "one", "s", new("r1", new byte[100]), AckLevel.Persisted);
            lock (directory.fileGate)
                foreach (var name in new[] { "conveyor.db", "conveyor.db-wal", "last" })
                    File.Copy(killed[name], temp[name], overwrite: true);
        }
        File.WriteAllBytes(DataFile, File.ReadAllBytes(DataFile)[..length]);
        var log = File.ReadAllBytes(temp["conveyor.db-wal"]);

        var found = DirectoryCheck.Check(temp.Path).Findings.Select(f => f.ToString());
        var left = File.ReadAllBytes(temp["conveyor.db-wal"]);
        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Contains(
            FormattableString.Invariant(
                $"conveyor.db: its log, conveyor.db-wal, has {log.Length:N0} bytes; a repair (--repair) reads it, and may find all records"
            ),
            found
        );
        Assert.Equal(log, left);
        Assert.Equal(1, report.Records);
        Assert.True(DirectoryCheck.Check(temp.Path).IsSound);
        await using var opened = DataDirectory.Open(temp.Path);
        Assert.Equal("r1", opened.Peek(Pipeline, "one", 10).Single().Record.Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(PageSize)]
    [InlineData(10 * PageSize + 1)]
    public void A_file_without_its_end_loses_the_groups_in_that_end_only(int missing)
    {
        var shortened = whole[..^missing];
        File.WriteAllBytes(DataFile, shortened);
        Assert.Equal(
            StorageFailure.Damaged,
            Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path)).Failure
        );
        var finding = FormattableString.Invariant(
            $"conveyor.db: it has {shortened.Length:N0} bytes and had {whole.Length:N0}: its end is missing"
        );
        var checkedOnly = DirectoryCheck.Check(temp.Path);
        Assert.Contains(finding, checkedOnly.Findings.Select(f => f.ToString()));
        Assert.Equal(shortened, File.ReadAllBytes(DataFile));

        var report = DirectoryCheck.Repair(temp.Path);

        var touched = missing / PageSize + 1;
        Assert.InRange(report.Records, (Groups - touched) * RecordsOfGroup, Groups * RecordsOfGroup);
        Assert.InRange(checkedOnly.Records, (Groups - touched) * RecordsOfGroup, report.Records);
        Assert.Contains(finding, report.Findings.Select(f => f.ToString()));
        Assert.Equal(shortened, File.ReadAllBytes(Path.Combine(report.SetAside!, "conveyor.db")));
        Assert.True(DirectoryCheck.Check(temp.Path).IsSound);
    }

    [SmallDiskFact]
    public void A_repair_on_a_full_disk_fails_with_the_reason_and_can_be_repeated()
    {
        Damage(FindPage(NameOf(3, 100)));
        var failed = 0;
        // The copy of the old files takes as much room as they do, and the new file and its log as much again each.
        for (var room = 0.5; room < 3.5; room += 0.25)
        {
            using var disk = new SmallDisk("8m");
            foreach (var file in Directory.GetFiles(temp.Path))
                File.Copy(file, disk[Path.GetFileName(file)]);
            disk.Leave((int)(room * whole.Length) / PageSize * PageSize);
            try
            {
                Assert.Equal((Groups - 1) * RecordsOfGroup, DirectoryCheck.Repair(disk[""]).Records);
            }
            catch (StorageException full)
            {
                failed++;
                Assert.EndsWith("cannot be repaired: the disk is full", full.Message, StringComparison.Ordinal);
                Assert.Empty(Directory.GetDirectories(disk[""], "damaged-*"));
                disk.MakeRoom();
                Assert.Equal((Groups - 1) * RecordsOfGroup, DirectoryCheck.Repair(disk[""]).Records);
            }
            Assert.True(DirectoryCheck.Check(disk[""]).IsSound);
        }
        Assert.InRange(failed, 1, 11);
    }

    [Fact]
    public void A_repair_that_fails_leaves_no_copies()
    {
        var page = FindPage(NameOf(3, 100));
        Damage(page);
        Directory.CreateDirectory(temp["conveyor.db.new"]);

        Assert.Throws<StorageException>(() => DirectoryCheck.Repair(temp.Path));

        Assert.Empty(Directory.GetDirectories(temp.Path, "damaged-*"));
        Directory.Delete(temp["conveyor.db.new"]);
        Assert.Equal((Groups - 1) * RecordsOfGroup, DirectoryCheck.Repair(temp.Path).Records);
    }
}
