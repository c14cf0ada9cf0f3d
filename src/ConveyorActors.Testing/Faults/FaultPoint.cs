namespace ConveyorActors.Testing.Faults;

/// <summary>
/// The point at which a call is made. The point, the seed and the number of earlier calls there decide the call's
/// fault.
/// </summary>
readonly record struct FaultPoint(string Call, string Pipeline, string Place)
{
    /// <summary>Returns a hash that is the same in every process.</summary>
    public ulong Hash()
    {
        // FNV-1a is used, because string.GetHashCode differs from process to process. Null is not refused here but by
        // the service.
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var text in new string?[] { Call, Pipeline, Place })
        {
            foreach (var letter in text ?? "")
                hash = (hash ^ letter) * 1_099_511_628_211UL;
            hash = (hash ^ 0xFFFF) * 1_099_511_628_211UL;
        }
        return hash;
    }
}
