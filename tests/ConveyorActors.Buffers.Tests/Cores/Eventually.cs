namespace ConveyorActors.Buffers.Tests.Cores;

static class Eventually
{
    /// <summary>Waits for something that other threads bring about; fails after ten seconds.</summary>
    public static void True(Func<bool> condition, string otherwise) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)), otherwise);
}
