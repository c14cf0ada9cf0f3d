namespace ConveyorActors.Buffers.Service;

/// <summary>Creates the error for a call that requires records on disk, in a pipeline that stores none.</summary>
static class NoStoreErrors
{
    public static InvalidOperationException CreateError(string pipeline) =>
        new(
            $"Pipeline '{pipeline}' keeps nothing on disk; the acknowledgement level must be Buffered, and no checkpoint can be stored."
        );
}
