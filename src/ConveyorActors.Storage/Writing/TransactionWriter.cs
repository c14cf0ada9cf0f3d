using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Writing;

/// <summary>
/// Writes collected changes as one transaction. A failure leaves file and model unchanged, so that the changes can be
/// written again.
/// </summary>
/// <remarks>For one thread at a time; the caller must hold the file's lock.</remarks>
sealed class TransactionWriter
{
    /// <summary>The most bytes of records in one row, which is also the unit in which a backlog is loaded.</summary>
    const int GroupBytes = 1 << 20;

    /// <summary>The most rows that are compacted in one transaction.</summary>
    const int MaxCompacted = 4;

    const int WorthCompacting = 16 << 10;

    const string HeadSql = "INSERT OR REPLACE INTO head VALUES(1,?,?,?,?)";

    readonly DataFile file;
    readonly StoreModel model;
    readonly ByteWriter blob = new(64 << 10);
    readonly ByteWriter entry = new();
    readonly List<(Row Row, long Sum)> staged = [];
    readonly List<Group> added = [];
    readonly List<(Group Group, int Size)> compacted = [];
    readonly Statement begin,
        commit,
        head,
        newQueue,
        newSourceQueue,
        dropSourceQueue,
        counts,
        dropCounts,
        newGroup,
        dropGroup,
        tombstones,
        dropTombstones,
        newDead,
        dropDead,
        newSeen,
        dropSeen,
        checkpoint,
        readGroup,
        rewriteGroup;
    long[] sums = [];
    int attempt;

    public TransactionWriter(DataFile file, StoreModel model)
    {
        (this.file, this.model) = (file, model);
        begin = file.Keep("BEGIN IMMEDIATE");
        commit = file.Keep("COMMIT");
        head = file.Keep(HeadSql);
        newQueue = file.Keep("INSERT OR REPLACE INTO queue VALUES(?,?,?,?,?)");
        newSourceQueue = file.Keep("INSERT OR REPLACE INTO line VALUES(?,?,?,?)");
        dropSourceQueue = file.Keep("DELETE FROM line WHERE id=?");
        counts = file.Keep("INSERT OR REPLACE INTO counts VALUES(?,?,?)");
        dropCounts = file.Keep("DELETE FROM counts WHERE id=?");
        newGroup = file.Keep("INSERT INTO grp VALUES(?,?,?,?,?,?)");
        dropGroup = file.Keep("DELETE FROM grp WHERE id=?");
        tombstones = file.Keep("INSERT OR REPLACE INTO gone VALUES(?,?,?)");
        dropTombstones = file.Keep("DELETE FROM gone WHERE id=?");
        newDead = file.Keep("INSERT INTO dead VALUES(?,?,?,?)");
        dropDead = file.Keep("DELETE FROM dead WHERE id=?");
        newSeen = file.Keep("INSERT INTO seen VALUES(?,?,?,?)");
        dropSeen = file.Keep("DELETE FROM seen WHERE id=?");
        checkpoint = file.Keep("INSERT OR REPLACE INTO note VALUES(?,?,?,?,?)");
        readGroup = file.Keep("SELECT data FROM grp WHERE id=?");
        rewriteGroup = file.Keep("UPDATE grp SET data=?, sum=? WHERE id=?");
    }

    /// <summary>Writes and commits the changes. Returns the new groups, which the caller must publish.</summary>
    public IReadOnlyList<Group> Write(Changes changes)
    {
        attempt++;
        staged.Clear();
        added.Clear();
        compacted.Clear();
        sums = [.. model.Sums];
        var groupId = model.LastGroupId;
        try
        {
            begin.Run();
            WriteNames(changes);
            // Deletions come first, because their pages serve the insertions: on a full disk, the file may still have
            // room.
            WriteGroups(changes);
            foreach (var fresh in changes.NewGroups)
                Insert(fresh, ref groupId);
            WriteLetters(changes);
            foreach (var block in changes.TouchedBlocks)
                Write(block);
            foreach (var row in changes.TouchedCheckpoints)
                Write(row);
            WriteHead(head, model.Transaction + 1, sums);
            commit.Run();
        }
        catch
        {
            file.RollBack();
            throw;
        }
        foreach (var (row, sum) in staged)
            row.Committed = sum;
        foreach (var (group, size) in compacted)
            (group.Kept, group.Size) = (group.Live, size);
        model.Sums = sums;
        model.LastGroupId = groupId;
        model.Transaction++;
        return added;
    }

    void WriteNames(Changes changes)
    {
        foreach (var queue in changes.NewQueues)
        {
            var sum = StageSum(RowKind.Queue, queue, RowSums.ComputeForQueue(queue));
            newQueue.Bind(queue.Id).Bind(queue.Pipeline).Bind(queue.Stage).Bind((long)queue.Kind).Bind(sum).Run();
        }
        foreach (var sourceQueue in changes.NewSourceQueues)
        {
            var sum = StageSum(
                RowKind.SourceQueue,
                sourceQueue,
                RowSums.ComputeForSourceQueue(sourceQueue.Id, sourceQueue.Queue.Id, sourceQueue.Source)
            );
            newSourceQueue.Bind(sourceQueue.Id).Bind(sourceQueue.Queue.Id).Bind(sourceQueue.Source).Bind(sum).Run();
        }
        foreach (var sourceQueue in changes.RemovedSourceQueues)
        {
            StageSum(RowKind.SourceQueue, sourceQueue, 0);
            dropSourceQueue.Bind(sourceQueue.Id).Run();
        }
    }

    void Insert(NewGroup fresh, ref long id)
    {
        var records = fresh.Records;
        for (int start = 0, end; start < records.Count; start = end)
        {
            while (start < records.Count && records[start].IsRemoved)
                start++;
            if (start == records.Count)
                return;
            blob.Clear();
            GroupBlob.Begin(blob, records[start].At);
            var live = start;
            for (end = start; end < records.Count && blob.Length < GroupBytes; end++)
            {
                if (records[end].IsRemoved)
                    continue;
                GroupBlob.Add(
                    blob,
                    entry,
                    end - start,
                    records[end].SourceQueue,
                    records[end].At - records[start].At,
                    records[end].Record
                );
                live = end;
            }
            var group = new Group(++id, fresh.Queue, fresh.First + start, live - start + 1) { Size = blob.Length };
            for (var i = start; i <= live; i++)
            {
                if (records[i].IsRemoved)
                    group.Remove(i - start);
                else
                    group.SetRetries(i - start, records[i].Retries);
            }
            group.Kept = group.Live;
            var sum = StageSum(
                RowKind.Group,
                group,
                RowSums.ComputeForGroup(group.Id, group.Queue.Id, group.First, group.Count, blob.Written)
            );
            newGroup
                .Bind(group.Id)
                .Bind(group.Queue.Id)
                .Bind(group.First)
                .Bind(group.Count)
                .Bind(sum)
                .Bind(blob.Written)
                .Run();
            WriteTombstones(group);
            added.Add(group);
        }
    }

    void WriteGroups(Changes changes)
    {
        foreach (var group in changes.TouchedGroups)
        {
            if (group.Live == 0)
            {
                StageSum(RowKind.Group, group, 0);
                dropGroup.Bind(group.Id).Run();
                StageSum(RowKind.Tombstones, group.TombstoneRow, 0);
                dropTombstones.Bind(group.Id).Run();
                continue;
            }
            if (group.Size >= WorthCompacting && group.Live * 4 <= group.Kept && compacted.Count < MaxCompacted)
                Compact(group);
            WriteTombstones(group);
        }
    }

    /// <summary>
    /// Writes the tombstones of a group. Every group has such a row, even if no record is gone, so that a missing row
    /// shows damage.
    /// </summary>
    void WriteTombstones(Group group)
    {
        entry.Clear();
        group.WriteTombstones(entry);
        var sum = StageSum(
            RowKind.Tombstones,
            group.TombstoneRow,
            RowSums.ComputeForTombstones(group.Id, GetSum(group), entry.Written)
        );
        tombstones.Bind(group.Id).Bind(entry.Written).Bind(sum).Run();
    }

    /// <summary>
    /// Removes the gone records from a row, so that one record that waits for a long time does not keep a thousand
    /// others on disk.
    /// </summary>
    void Compact(Group group)
    {
        blob.Clear();
        try
        {
            if (!readGroup.Bind(group.Id).Step())
                return;
            var old = readGroup.GetBlob(0);
            if (RowSums.ComputeForGroup(group.Id, group.Queue.Id, group.First, group.Count, old) != group.Committed)
                return; // the row is damaged, and left as it is for fsck
            var walker = new GroupBlob.Walker(old);
            blob.WriteRaw(old[..walker.HeaderEnd]);
            while (walker.TryReadNext(out var record))
                if (!group.IsRemoved(record.Index))
                    blob.WriteRaw(old[record.EntryStart..record.EntryEnd]);
        }
        finally
        {
            readGroup.Reset();
        }
        var sum = StageSum(
            RowKind.Group,
            group,
            RowSums.ComputeForGroup(group.Id, group.Queue.Id, group.First, group.Count, blob.Written)
        );
        rewriteGroup.Bind(blob.Written).Bind(sum).Bind(group.Id).Run();
        compacted.Add((group, blob.Length));
    }

    void WriteLetters(Changes changes)
    {
        foreach (var (queue, row) in changes.NewDead)
        {
            entry.Clear();
            entry.WriteText(row.Letter.Record.SourceId);
            DeadLetterCodec.Write(entry, row.Letter);
            var sum = StageSum(
                RowKind.Dead,
                row,
                RowSums.ComputeForMember(RowKind.Dead, row.Id, queue.Id, entry.Written)
            );
            newDead.Bind(row.Id).Bind(queue.Id).Bind(entry.Written).Bind(sum).Run();
        }
        foreach (var row in changes.RemovedDead)
        {
            StageSum(RowKind.Dead, row, 0);
            dropDead.Bind(row.Id).Run();
        }
        foreach (var (queue, row) in changes.NewSeen)
        {
            entry.Clear();
            entry.WriteNumber(row.Ids.Count);
            foreach (var (id, at) in row.Ids)
            {
                entry.WriteText(id);
                entry.WriteSigned(at);
            }
            var sum = StageSum(
                RowKind.Seen,
                row,
                RowSums.ComputeForMember(RowKind.Seen, row.Id, queue.Id, entry.Written)
            );
            newSeen.Bind(row.Id).Bind(queue.Id).Bind(entry.Written).Bind(sum).Run();
        }
        foreach (var row in changes.RemovedSeen)
        {
            StageSum(RowKind.Seen, row, 0);
            dropSeen.Bind(row.Id).Run();
        }
    }

    void Write(CountsBlock block)
    {
        entry.Clear();
        block.Write(entry);
        if (entry.Length == 0)
        {
            StageSum(RowKind.Counts, block, 0);
            dropCounts.Bind(block.Id).Run();
            return;
        }
        var sum = StageSum(RowKind.Counts, block, RowSums.ComputeForCounts(block.Id, entry.Written));
        counts.Bind(block.Id).Bind(entry.Written).Bind(sum).Run();
    }

    void Write(CheckpointRow row)
    {
        var sum = StageSum(
            RowKind.Checkpoint,
            row,
            RowSums.ComputeForCheckpoint(row.Id, row.Pipeline, row.Key, row.Value)
        );
        checkpoint.Bind(row.Id).Bind(row.Pipeline).Bind(row.Key).Bind(row.Value).Bind(sum).Run();
    }

    static void WriteHead(Statement head, long transaction, long[] sums)
    {
        Span<byte> bytes = stackalloc byte[StoreModel.Tables * 2 * sizeof(long)];
        Write(bytes, sums);
        head.Bind(DataFile.Format)
            .Bind(transaction)
            .Bind(bytes)
            .Bind(RowSums.ComputeForHead(DataFile.Format, transaction, bytes))
            .Run();
    }

    /// <summary>Writes the head row of a new file.</summary>
    public static void WriteHead(DataFile file, long transaction, long[] sums)
    {
        using var head = file.Prepare(HeadSql);
        WriteHead(head, transaction, sums);
    }

    static void Write(Span<byte> bytes, long[] sums)
    {
        for (var i = 0; i < sums.Length; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes[(i * sizeof(long))..], sums[i]);
    }

    /// <summary>Returns the checksum that a row has once this transaction is written.</summary>
    long GetSum(Row row) => row.StagedIn == attempt ? row.Staged : row.Committed;

    /// <summary>
    /// Stages a row's new checksum for this transaction; 0: the row is deleted. A row may be staged more than once.
    /// </summary>
    long StageSum(RowKind table, Row row, long sum)
    {
        StoreModel.UpdateSum(sums, table, GetSum(row), sum);
        staged.Add((row, sum));
        (row.Staged, row.StagedIn) = (sum, attempt);
        return sum;
    }
}
