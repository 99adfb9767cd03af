# SPDX-License-Identifier: MIT
# bash completion of bambuctl: what may follow is asked of bambuctl itself.

_bambuctl() {
	local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} lead words reply status
	# bash takes words apart at = and @ too; bambuctl wants them as they were typed.
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	[[ $current == [=:] ]] && current=
	lead=${words[-1]%"$current"}
	lead=${lead%@} # readline replaces an @ with what follows it

	reply=$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
	status=$?
	COMPREPLY=()
	if ((status == 1)); then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	[[ $reply ]] || return
	mapfile -t COMPREPLY <<<"$reply"
	COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
	COMPREPLY=("${COMPREPLY[@]#"$lead"}")
	[[ ${COMPREPLY[0]} ]] || COMPREPLY=() # KEY= is there already: its value is the user's
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _bambuctl bambuctl
