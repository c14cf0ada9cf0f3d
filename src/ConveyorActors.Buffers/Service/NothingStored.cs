namespace ConveyorActors.Buffers.Service;

/// <summary>The error of a pipeline that keeps nothing on disk and is asked to.</summary>
static class NothingStored
{
    public static InvalidOperationException Error(string pipeline) =>
        new($"Pipeline '{pipeline}' keeps nothing on disk; the receipt must be Memory, and nothing can be noted.");
}
