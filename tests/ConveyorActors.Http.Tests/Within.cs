namespace ConveyorActors.Http.Tests;

/// <summary>Waits for what comes about by itself, for far longer than it takes.</summary>
static class Within
{
    public static async Task ReachAsync(Func<Task<bool>> condition)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await condition(); )
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Serving.Patience, "it never came about");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
