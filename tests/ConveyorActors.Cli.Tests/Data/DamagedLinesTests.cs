using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>Lines that a damaged data directory has lost change the exit code, so that a script keeps its input.</summary>
public sealed class DamagedLinesTests : DataVerbRun, IAsyncLifetime
{
    const string Pipeline = "run",
        Stage = "(sink)";

    /// <summary>As a killed run leaves a directory: lines wait for the sink.</summary>
    public async Task InitializeAsync()
    {
        await RunWellAsync(Write("in", "1\n"), At("out"));
        await OfferAsync("two", "three");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_run_that_leaves_damaged_lines_out_says_so_and_ends_with_3_once()
    {
        Execute("UPDATE grp SET sum=sum+1 WHERE id=(SELECT min(id) FROM grp)");
        // Neither of them hides the loss from the next run.
        await TestTerminal.ConveyorAsync("inspect", State);
        await TestTerminal.ConveyorAsync("peek", State, Stage);

        var (exit, _, error) = await RunAsync(At("in"), At("out"));

        Assert.True(exit == 3, error);
        Assert.Contains("done, but 1 line did not go through", error, StringComparison.Ordinal);
        Assert.Contains(
            $"1 line kept in {State} cannot be read, and did not go through; see conveyor fsck\n",
            error,
            StringComparison.Ordinal
        );
        Assert.Equal("1\nthree\n", Read("out"));

        File.AppendAllText(At("in"), "4\n");
        (exit, _, error) = await RunAsync(At("in"), At("out"));
        Assert.True(exit == 0, error);
        Assert.DoesNotContain("did not go through", error, StringComparison.Ordinal);

        await OfferAsync("five");
        Execute("UPDATE grp SET sum=sum+1 WHERE id=(SELECT max(id) FROM grp)");
        (exit, _, error) = await RunAsync(At("in"), At("out"));
        Assert.True(exit == 3, error);
        Assert.Contains("done, but 1 line did not go through", error, StringComparison.Ordinal);
        Assert.Equal("1\nthree\n4\n", Read("out"));
    }

    [Theory]
    [InlineData("UPDATE queue SET sum=sum+1")]
    [InlineData("INSERT INTO dead VALUES(1, 1, x'00', 0)")]
    public async Task Damage_that_may_have_taken_lines_ends_one_run_with_3(string damage)
    {
        Execute(damage);

        var (exit, _, error) = await RunAsync(At("in"), At("out"));

        Assert.True(exit == 3, error);
        Assert.Contains("done, but the data directory is damaged;", error, StringComparison.Ordinal);
        Assert.Contains(
            $"data in {State} cannot be read, so lines that were kept there may be missing; see conveyor fsck\n",
            error,
            StringComparison.Ordinal
        );
        (exit, _, error) = await RunAsync(At("in"), At("out"));
        Assert.True(exit == 0, error);
    }

    [Fact]
    public async Task Lines_that_a_repair_has_set_aside_end_the_next_run_with_3()
    {
        Execute("UPDATE grp SET sum=sum+1 WHERE id=(SELECT min(id) FROM grp)");
        Assert.Equal(0, (await TestTerminal.ConveyorAsync("fsck", State, "--repair")).Exit);

        var (exit, _, error) = await RunAsync(At("in"), At("out"));

        Assert.True(exit == 3, error);
        Assert.Contains("1 line kept in", error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(At("in"), At("out"))).Exit);
    }

    [Fact]
    public async Task A_check_says_in_how_many_places_the_directory_is_damaged()
    {
        Execute("UPDATE grp SET sum=sum+1");

        var (exit, output, _) = await TestTerminal.ConveyorAsync("fsck", State);

        Assert.Equal(1, exit);
        Assert.Contains("damaged in 2 places; 0 records waiting\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_of_a_damaged_directory_says_what_is_missing_and_ends_with_3()
    {
        Execute("UPDATE grp SET sum=sum+1 WHERE id=(SELECT min(id) FROM grp)");

        var (exit, output, error) = await TestTerminal.ConveyorAsync("drain", State, Stage, "--to", At("rest"));

        Assert.True(exit == 3, error);
        Assert.Contains("1 record taken out", output, StringComparison.Ordinal);
        Assert.Contains(
            $"conveyor: the data directory is damaged in 1 place: records that cannot be read are not in {At("rest")}; see conveyor fsck\n",
            error,
            StringComparison.Ordinal
        );
        Assert.Equal("three\n", Read("rest"));
    }

    /// <summary>Offers lines to the sink, each in a row of its own.</summary>
    async Task OfferAsync(params string[] lines)
    {
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(State));
        foreach (var line in lines)
            await service.BufferForStageAsync(
                Pipeline,
                Stage,
                At("in"),
                new("", System.Text.Encoding.UTF8.GetBytes(line)),
                AckLevel.Persisted
            );
    }

    void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={State}/conveyor.db;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() > 0);
    }
}
