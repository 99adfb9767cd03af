# SPDX-License-Identifier: MIT
# fish completion of bambuctl: what may follow is asked of bambuctl itself.

function __bambuctl_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l reply ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test $status -eq 1
        __fish_complete_path "$current"
    else
        printf '%s\n' $reply
    end
end

complete -c bambuctl -f -a '(__bambuctl_candidates)'
