using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage.Tests.Checking;

/// <summary>Makes a record that cannot be decoded, in a data directory whose checksums are right.</summary>
static class UndecodableRecord
{
    /// <summary>
    /// Gives a record of the only group an id that is longer than the record, and corrects all checksums.
    /// </summary>
    public static void Make(string path, string id)
    {
        using var file = DataFile.Open(Path.Combine(path, "conveyor.db"), new());
        var loader = new DataFileLoader(path, file);
        var model = loader.Read();
        Assert.Empty(loader.Findings);
        var group = model.Queues.Values.SelectMany(q => q.Groups).Single();
        var (data, tombstones) = (ReadData(file, "grp"), ReadData(file, "gone"));
        data[data.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(id)) - 1] = 120;
        var sum = RowSums.ComputeForGroup(group.Id, group.Queue.Id, group.First, group.Count, data);
        var tombstoneSum = RowSums.ComputeForTombstones(group.Id, sum, tombstones);
        using (var row = file.Prepare("UPDATE grp SET data=?, sum=?"))
            row.Bind(data).Bind(sum).Run();
        using (var row = file.Prepare("UPDATE gone SET sum=?"))
            row.Bind(tombstoneSum).Run();
        StoreModel.UpdateSum(model.Sums, RowKind.Group, group.Committed, sum);
        StoreModel.UpdateSum(model.Sums, RowKind.Tombstones, group.TombstoneRow.Committed, tombstoneSum);
        TransactionWriter.WriteHead(file, model.Transaction, model.Sums);
    }

    static byte[] ReadData(DataFile file, string table)
    {
        using var row = file.Prepare($"SELECT data FROM {table}");
        Assert.True(row.Step());
        return row.GetBlob(0).ToArray();
    }
}
