namespace ConveyorActors.Buffers.Service;

/// <summary>The error of a pipeline that keeps nothing on disk and is asked to.</summary>
static class NothingStored
{
    public static InvalidOperationException Error(string pipeline) =>
        new(
            $"Pipeline '{pipeline}' keeps nothing on disk; the acknowledgement level must be Buffered, and no checkpoint can be stored."
        );
}
