namespace ConveyorActors.Cluster.Tests.Nodes;

/// <summary>Waits that end as soon as they can, and with a failure when they cannot.</summary>
static class Until
{
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<bool> condition) => await TrueAsync(() => Task.FromResult(condition()));

    public static Task TrueAsync(Func<Task<bool>> condition) =>
        TrueAsync(condition, () => Task.FromResult("nothing else is known"));

    /// <param name="condition">What is to come true.</param>
    /// <param name="describe">Says how things are when it did not.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<Task<string>> describe)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"It did not come true in time: {await describe()}.");
            await Task.Delay(20);
        }
    }
}
