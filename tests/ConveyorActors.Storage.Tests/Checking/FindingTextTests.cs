using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;
using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Tests.Checking;

/// <summary>The words of findings about one record or one transaction.</summary>
public sealed class FindingTextTests : IDisposable
{
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("UPDATE grp SET sum=sum+1", "with 1 record of stage 'one' of pipeline 'p', less the settled ones,")]
    [InlineData("UPDATE gone SET sum=sum+1", "whether its record is settled cannot be read; it is left out")]
    public async Task A_group_of_one_record_is_described_in_the_singular(string damage, string what)
    {
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
            await service.BufferForStageAsync("p", "one", "s", new("id", new byte[5]), AckLevel.Persisted);
        using (var file = DataFile.Open(temp["conveyor.db"], new()))
            file.Execute(damage);

        Assert.Contains(
            DirectoryCheck.Check(temp.Path).Findings,
            f => (f.What + ",").Contains(what, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(1, 1, "transaction 1, the last one, is missing and had been synced: the log was truncated or damaged")]
    [InlineData(1, 0, "transaction 1, the last one, is missing and had not been synced: the tail was torn and is cut")]
    [InlineData(2, 1, "the last 2 transactions are missing (1 to 2), some of which had been synced: the log")]
    public void Missing_transactions_are_counted(long transaction, long synced, string what)
    {
        var findings = new List<Finding>();

        LastTransaction.Compare(findings, new StoreModel(), (transaction, synced), isNew: false);

        Assert.StartsWith(what, Assert.Single(findings).What, StringComparison.Ordinal);
    }
}
