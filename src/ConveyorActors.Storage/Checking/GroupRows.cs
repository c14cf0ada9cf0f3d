using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Reads the waiting records. A group is used only together with its tombstones, the row of its settled records, and
/// that row only for the group that it was written for. Without the row, no record of the group may be delivered,
/// because some may be settled.
/// </summary>
sealed class GroupRows(DataFile file, StoreModel model, RowCheck check)
{
    readonly HashSet<Queue> incomplete = [];
    bool isOwnerUnknown;

    /// <summary>Returns whether groups of a stage are left out, or may be.</summary>
    public bool CanBeIncomplete(Queue queue) =>
        isOwnerUnknown || check.IsInDoubt(RowKind.Group) || incomplete.Contains(queue);

    public void Read()
    {
        using var tombstones = new TombstoneReader(file, check);
        using var rows = check.Read(
            file,
            RowKind.Group,
            "queue, first, count, sum, data",
            skipped => Skip(skipped, tombstones)
        );
        while (rows.Step())
            Read(rows.Row, tombstones);
        tombstones.PassAll();
    }

    /// <summary>Leaves out a group whose records cannot be read to their end.</summary>
    void Skip(UnreadableRows skipped, TombstoneReader tombstones)
    {
        isOwnerUnknown = true;
        if (!skipped.IsRow || !TryReadHead(skipped.First, out var queue, out var count, out var sum))
        {
            check.LeaveOut(RowKind.Group, skipped);
            return;
        }
        _ = tombstones.Take(skipped.First, sum, sum, out _);
        check.RefuseOrphan(RowKind.Group, sum);
        check.LeaveOut(
            RowKind.Group,
            skipped.First,
            $"{Describe(queue, count)} cannot all be read: {skipped.Why}; they are left out",
            file.ReadBeginning("grp", skipped.First)
        );
    }

    bool TryReadHead(long id, out long queue, out long count, out long sum)
    {
        (queue, count, sum) = (0, 0, 0);
        try
        {
            using var head = file.Prepare("SELECT queue, count, sum FROM grp WHERE id = ?").Bind(id);
            if (!head.Step())
                return false;
            (queue, count, sum) = (head.GetLong(0), head.GetLong(1), head.GetLong(2));
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    string Describe(long queue, long count) =>
        queue is >= 0 and < RowCheck.Highest && model.Queues.TryGetValue((int)queue, out var owner)
            ? $"{Quantity.Format(count, "record")} of stage '{owner.Stage}' of pipeline '{owner.Pipeline}', less the settled ones,"
            : $"{Quantity.Format(count, "record")} of stage {queue}, which is missing, less the settled ones,";

    void Read(Statement row, TombstoneReader tombstones)
    {
        var (id, queue, first, count, recorded) = (
            row.GetLong(0),
            row.GetLong(1),
            row.GetLong(2),
            row.GetLong(3),
            row.GetLong(4)
        );
        var data = row.GetBlob(5);
        model.LastGroupId = RowCheck.GetLastId(model.LastGroupId, id);
        var read = new Row();
        var sum = RowSums.ComputeForGroup(id, queue, first, count, data);
        var isGood = check.Take(RowKind.Group, read, id, sum, recorded, data, Describe(queue, count));
        var tombstoneRow = tombstones.Take(id, sum, recorded, out var tombstoneData);
        if (!isGood)
        {
            isOwnerUnknown = true;
            return;
        }
        if (!model.Queues.TryGetValue((int)queue, out var owner))
        {
            check.LeaveOut(RowKind.Group, id, $"its records' stage {queue} is missing", data);
            return;
        }
        var group = new Group(id, owner, first, (int)count) { Size = data.Length, Committed = sum };
        // No sequence may be given twice, even if the group is left out.
        owner.Own.Last = Math.Max(owner.Own.Last, group.Last);
        if (tombstoneRow is null)
        {
            incomplete.Add(owner);
            check.LeaveOut(
                RowKind.Group,
                id,
                count == 1
                    ? "whether its record is settled cannot be read; it is left out"
                    : $"which of its {count} records are settled cannot be read; they are left out",
                data
            );
            return;
        }
        group.TombstoneRow.Committed = tombstoneRow.Committed;
        try
        {
            var reader = new ByteReader(tombstoneData);
            group.ReadTombstones(ref reader);
            if (owner.Groups.Count > 0 && owner.Groups[^1].Last >= first)
                throw new InvalidDataException($"its sequences from {first} are there already");
            CountRecords(group, data);
            if (group.Live == 0)
                return; // none of its records can be decoded, and each of them is reported
        }
        catch (InvalidDataException e)
        {
            incomplete.Add(owner);
            check.LeaveOut(RowKind.Group, id, $"{e.Message}; it is left out", data);
            return;
        }
        owner.Groups.Add(group);
    }

    void CountRecords(Group group, ReadOnlySpan<byte> data)
    {
        var (kept, live) = (0, 0);
        for (var walker = new GroupBlob.Walker(data); walker.TryReadNext(out var entry); kept++)
        {
            if (entry.Index >= group.Count)
                throw new InvalidDataException("it has more records than it says");
            if (group.IsRemoved(entry.Index))
                continue;
            live++;
            if (!model.SourceQueues.ContainsKey(entry.SourceQueue))
                throw new InvalidDataException($"a record's source {entry.SourceQueue} is missing");
        }
        if (live != group.Live)
            throw new InvalidDataException($"{group.Live} of its records should wait, and {live} do");
        group.Kept = kept;
        if (check.IsLenient)
            LeaveOutUndecodable(group, data);
        if (group.Queue.Kind == QueueKind.Stage)
            Add(group, data, 1);
    }

    /// <summary>
    /// Leaves out the waiting records that are as they were written and cannot be decoded. A service leaves them out
    /// when it reads them, so that opening need not decode all records.
    /// </summary>
    void LeaveOutUndecodable(Group group, ReadOnlySpan<byte> data)
    {
        var walker = new GroupBlob.Walker(data);
        while (walker.TryReadNext(out var entry))
        {
            if (group.IsRemoved(entry.Index) || GroupBlob.TryRead(data, entry, out var why) is not null)
                continue;
            group.Remove(entry.Index);
            incomplete.Add(group.Queue);
            check.LeaveOut(
                RowKind.Group,
                group.Id,
                group.DescribeUndecodable(entry.Index, model.SourceQueues[entry.SourceQueue].Source, why),
                [.. data[..walker.HeaderEnd], .. data[entry.EntryStart..entry.EntryEnd]]
            );
        }
    }

    /// <summary>Adds a group's waiting records to the counts of their sources.</summary>
    void Add(Group group, ReadOnlySpan<byte> data, int each)
    {
        var walker = new GroupBlob.Walker(data);
        while (walker.TryReadNext(out var entry))
            if (!group.IsRemoved(entry.Index))
                model.SourceQueues[entry.SourceQueue].Pending += each;
    }

    /// <summary>Leaves out all groups of some queues.</summary>
    public void Drop(IReadOnlyCollection<Queue> queues, string why)
    {
        ReadAgain(
            file,
            queues,
            (group, data) =>
            {
                check.LeaveOut(RowKind.Group, group.Id, why, data);
                if (group.Queue.Kind == QueueKind.Stage)
                    Add(group, data, -1);
            }
        );
        foreach (var queue in queues)
            queue.Groups.Clear();
    }

    /// <summary>Receives a group and its bytes.</summary>
    public delegate void GroupReader(Group group, ReadOnlySpan<byte> data);

    /// <summary>
    /// Reads the groups of queues once more. Returns the number of groups that cannot be read any more.
    /// </summary>
    public static int ReadAgain(DataFile file, IEnumerable<Queue> queues, GroupReader read)
    {
        var groups = queues.SelectMany(q => q.Groups).ToDictionary(g => g.Id);
        using var rows = TableRows.ReadAgain(file, RowKind.Group, "data");
        while (rows.Step())
        {
            var data = rows.Row.GetBlob(1);
            // A damaged page may show another row under the same id.
            if (
                !groups.TryGetValue(rows.Row.GetLong(0), out var group)
                || RowSums.ComputeForGroup(group.Id, group.Queue.Id, group.First, group.Count, data) != group.Committed
            )
                continue;
            groups.Remove(group.Id);
            read(group, data);
        }
        return groups.Count;
    }
}
