namespace ConveyorActors.Hosting.Tests;

/// <summary>
/// A host of a test: an empty one, with a configuration of the test's own and nothing of the machine's.
/// </summary>
sealed class HostRun : IAsyncDisposable
{
    /// <summary>The longest that a test waits, in real time.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly IHost host;

    HostRun(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public IBufferService Buffers => host.Services.GetRequiredService<IBufferService>();

    /// <summary>Builds a host, and does not start it.</summary>
    public static HostRun Build(Action<IServiceCollection> add, params (string Key, string? Value)[] configuration)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(configuration.ToDictionary(c => c.Key, c => c.Value));
        add(builder.Services);
        return new(builder.Build());
    }

    /// <summary>Builds and starts a host.</summary>
    public static async Task<HostRun> StartAsync(
        Action<IServiceCollection> add,
        params (string Key, string? Value)[] configuration
    )
    {
        var run = Build(add, configuration);
        await run.StartAsync();
        return run;
    }

    public Task StartAsync() => host.StartAsync().WaitAsync(Patience);

    public Task StopAsync(CancellationToken outOfTime = default) =>
        host.StopAsync(outOfTime).WaitAsync(Patience, CancellationToken.None);

    /// <summary>Offers records with these ids.</summary>
    public async Task OfferAsync(string stage, string source, params string[] ids)
    {
        var result = await Buffers.BufferBatchForStageAsync(
            "orders",
            stage,
            source,
            ids.Select(id => new ConveyorRecord(id, default)).ToArray()
        );
        Assert.True(result.IsAccepted, result.Status.ToString());
    }

    /// <summary>Waits until the pipeline holds nothing.</summary>
    public Task UntilEmptyAsync() => UntilAsync(snapshot => snapshot.Total.Pending == 0);

    /// <summary>Waits until the pipeline's numbers are as wanted.</summary>
    public async Task UntilAsync(Func<PipelineSnapshot, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!wanted(await Buffers.GetSnapshotAsync("orders")))
            await Task.Delay(5, limit.Token);
        Assert.True((await Buffers.GetSnapshotAsync("orders")).IsConserved);
    }

    public async ValueTask DisposeAsync()
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync().AsTask().WaitAsync(Patience);
    }
}
