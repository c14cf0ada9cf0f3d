namespace ConveyorActors.Testing.Faults;

/// <summary>Where a call is made: its fate depends on this, on the seed, and on how many there were before.</summary>
readonly record struct FaultPoint(string Call, string Pipeline, string Place)
{
    /// <summary>Returns the same number in every process.</summary>
    public ulong Hash()
    {
        // FNV-1a: string.GetHashCode differs from process to process. It is for the service to refuse null.
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
